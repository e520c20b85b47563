import { readFileSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { readDesiredState } from '../../src/desired-state/read-document.ts';
import type { DesiredState } from '../../src/protocol/generated/contract.ts';
import { engineFor, installModule, ownMachine } from '../dsc/support/installed.ts';

interface Task {
  'portreservation.ports.desired_state'?: { document: DesiredState };
  'portreservation.ports.win_desired_state'?: { document: DesiredState };
  'ansible.windows.dsc3'?: { config: { resources: { type: string; properties: Record<string, unknown> }[] } };
  vars?: { port_reservations_document: DesiredState };
}

const page = readFileSync(new URL('../../docs/ansible.md', import.meta.url), 'utf8')
  // What a template gives is a number when the module has it.
  .replaceAll("'{{ block.start_port }}'", '21040');
const tasks: Task[] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].flatMap(([, text]) => parse(text!));

test('the documents in docs/ansible.md are such', async () => {
  const documents = tasks.flatMap(
    (task) =>
      task['portreservation.ports.desired_state']?.document ??
      task['portreservation.ports.win_desired_state']?.document ??
      task.vars?.port_reservations_document ??
      [],
  );
  expect(documents.length).toBe(4);
  for (const document of documents) {
    expect((await readDesiredState(JSON.stringify(document), 'json')).name).toBe('shop');
  }
});

const reason = ['linux', 'win32'].includes(process.platform) ? '' : ' (skipped: no exclusions on this system)';

test.skipIf(reason)(
  `the configuration for Windows in docs/ansible.md is one that the resources take${reason}`,
  async () => {
    const { modules } = installModule(onTestFinished);
    const env = ownMachine(onTestFinished, 'auto');
    const resources = tasks.flatMap((task) => task['ansible.windows.dsc3']?.config.resources ?? []);
    expect(resources.map(({ type }) => type)).toEqual(['PortReservation/ReservationList', 'PortReservation/Exclusion']);
    for (const { type, properties } of resources) {
      expect(await engineFor(modules, type, { env }).test(properties)).toMatchObject({ inDesiredState: false });
    }
  },
);
