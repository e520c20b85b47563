import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { AppliedState, DesiredState } from '../../src/protocol/generated/contract.ts';
import { formatPorts } from '../../src/protocol/ranges.ts';
import { liveFile, ownFile } from '../providers/linux/support/sysctl.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { apply, openLab } from './support/lab.ts';
import { startWorkerIn } from './support/workers.ts';

const before: DesiredState = {
  name: 'shop',
  reservations: [
    { protocol: 'tcp', startPort: 23_000, numberOfPorts: 3, name: 'stays' },
    { protocol: 'udp', startPort: 23_010, numberOfPorts: 2, name: 'goes' },
    { protocol: 'tcp', startPort: 23_020, numberOfPorts: 4, name: 'grows' },
    { protocol: 'tcp', startPort: 23_030, name: 'is renamed' },
  ],
  exclusions: [{ protocol: 'tcp', startPort: 23_040, numberOfPorts: 2, name: 'goes too' }],
};

const after: DesiredState = {
  name: 'shop',
  reservations: [
    { protocol: 'tcp', startPort: 23_000, numberOfPorts: 3, name: 'stays' },
    { protocol: 'tcp', startPort: 23_020, numberOfPorts: 6, name: 'grows' },
    { protocol: 'tcp', startPort: 23_030, name: 'renamed', reason: 'better so' },
    { protocol: ['tcp', 'udp'], startPort: 23_050, numberOfPorts: 2, name: 'comes' },
  ],
  exclusions: [{ protocol: ['tcp', 'udp'], startPort: 23_060, numberOfPorts: 3, name: 'comes too' }],
};

const liveBefore = '23000-23002,23010-23011,23020-23023,23030,23040-23041';
const liveAfter = '23000-23002,23020-23025,23030,23050-23051,23060-23062';

const outcome = ({ changed, failed }: AppliedState) => ({ changed, failed });

const listener = "require('node:net').createServer().listen(23025, () => console.log('listens'))";

const entriesAfter = [
  'tcp 23000-23002 stays',
  'tcp 23020-23025 grows',
  'tcp 23030 renamed better so',
  'tcp 23050-23051 comes',
  'udp 23050-23051 comes',
  'tcp 23060-23062 comes too',
  'udp 23060-23062 comes too',
];

describe.skipIf(noNamespaces)(namespaceTitle('a document on the real kernel'), { timeout: 300_000 }, () => {
  test('is made so, live and for the next boot, and the second time nothing is written', async () => {
    const { worker, live, atBoot, entries, home, namespace } = await openLab();
    expect(outcome(await apply(worker, before))).toEqual({ changed: true, failed: 0 });
    expect([live(), atBoot()]).toEqual([liveBefore, liveBefore]);
    const { changes } = await apply(worker, after);
    expect(
      changes.map(({ action, kind, protocol, range }) => `${action} ${kind} ${formatPorts(protocol, range)}`),
    ).toEqual([
      'release reservation udp 23010-23011',
      'release exclusion tcp 23040-23041',
      'none reservation tcp 23000-23002',
      'release reservation tcp 23020-23023',
      'create reservation tcp 23020-23025',
      'update reservation tcp 23030',
      'create reservation tcp 23050-23051',
      'create reservation udp 23050-23051',
      'create exclusion tcp 23060-23062',
      'create exclusion udp 23060-23062',
    ]);
    expect([live(), atBoot(), await entries()]).toEqual([liveAfter, liveAfter, entriesAfter]);

    const files = () => [readFileSync(join(home, 'ledger.json'), 'utf8'), namespace.sh(`stat -c '%i %y' ${ownFile}`)];
    const written = files();
    expect(outcome(await apply(worker, after))).toEqual({ changed: false, failed: 0 });
    expect(files()).toEqual(written);
    expect(outcome(await apply(worker, { name: 'shop' }))).toEqual({ changed: true, failed: 0 });
    expect([live(), atBoot(), await entries()]).toEqual(['', undefined, []]);
  });

  test('an entry whose port is in use fails alone and keeps what was there', async () => {
    const { worker, namespace, live } = await openLab();
    await apply(worker, before);
    const [command, ...args] = [...namespace.prefix, process.execPath, '-e', listener];
    const held = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void held.kill());
    await once(held.stdout, 'data');
    const { changes, failed } = await apply(worker, after);
    expect(failed).toBe(2);
    expect(changes.filter(({ error }) => error).map(({ action, error }) => `${action} ${error!.name}`)).toEqual([
      'release PortInUse',
      'create PortInUse',
    ]);
    const hints = changes.flatMap(({ error }) => error?.hint ?? []);
    expect(hints.map((hint) => hint.split(' or ').at(-1))).toEqual(
      hints.map(() => 'make it an exclusion, which a port in use allows.'),
    );
    expect(hints).toHaveLength(2);
    expect(live()).toBe('23000-23002,23020-23023,23030,23050-23051,23060-23062');
  });

  test('three workers at once end as one after the other', async () => {
    const { worker, namespace, home, live, atBoot, entries } = await openLab();
    await apply(worker, before);
    const others = await Promise.all([1, 2].map(() => startWorkerIn(namespace, { home })));
    const outcomes = await Promise.all([worker, ...others].map((one) => apply(one, after)));
    expect(outcomes.map(({ failed }) => failed)).toEqual([0, 0, 0]);
    expect([live(), atBoot(), await entries()]).toEqual([liveAfter, liveAfter, entriesAfter]);
  });

  test('of twenty at once one says that it made everything', async () => {
    const { namespace, home, live } = await openLab();
    const document = { name: 'shop', reservations: after.reservations, exclusions: after.exclusions };
    const workers = await Promise.all(Array.from({ length: 20 }, () => startWorkerIn(namespace, { home })));
    const outcomes = await Promise.all(workers.map((one) => apply(one, document)));
    const made = outcomes.map(({ changes }) => changes.filter(({ action }) => action !== 'none').length);
    expect(made.sort((a, b) => b - a)).toEqual([outcomes[0]!.changes.length, ...Array.from({ length: 19 }, () => 0)]);
    expect(outcomes.map(({ failed }) => failed)).toEqual(outcomes.map(() => 0));
    expect(live()).toBe(liveAfter);
  });

  test('exclusions are adopted, renamed, made to last, and left to others who have them', async () => {
    const { worker, namespace, live, atBoot, entries } = await openLab();
    namespace.sh(`echo 23080-23090 > ${liveFile}`);
    const at = (startPort: number, numberOfPorts = 1) =>
      ({ protocol: 'tcp', range: { startPort, numberOfPorts } }) as const;
    await worker.request('exclusion/add', { ...at(23_060), store: 'active', name: 'before' });
    await worker.request('exclusion/add', { ...at(23_062), document: 'other' });
    const document: DesiredState = {
      name: 'shop',
      exclusions: [
        { protocol: 'tcp', startPort: 23_060, name: 'now' },
        { protocol: 'tcp', startPort: 23_062 },
        { protocol: 'tcp', startPort: 23_081, numberOfPorts: 2, store: 'active' },
      ],
    };
    const { changes } = await apply(worker, document);
    expect(changes.map(({ action, differs, error }) => [action, differs, error?.name])).toEqual([
      ['update', ['name', 'document', 'store'], undefined],
      ['update', ['document'], 'RangeExcluded'],
      ['none', undefined, undefined],
    ]);
    expect(changes[0]).toMatchObject({
      before: { name: 'before', store: 'active' },
      after: { name: 'now', document: 'shop', store: 'persistent' },
    });
    expect(changes[1]!.error!.message).toMatch(
      /^The exclusion tcp 23062 of \S+, for the document "other" is that document's/,
    );
    expect(await entries()).toEqual(['tcp 23060 now', 'tcp 23062 undefined']);
    expect([live(), atBoot()]).toEqual(['23060,23062,23080-23090', '23060,23062']);
    expect((await apply(worker, { name: 'shop' })).changes.map(({ action }) => action)).toEqual(['release']);
    expect(live()).toBe('23062,23080-23090');
  });

  test('killed before anything it writes, it is finished by the next', async () => {
    const { namespace, home, worker, live, atBoot, entries } = await openLab();
    let kills = 0;
    for (;;) {
      expect(outcome(await apply(worker, before)).failed).toBe(0);
      expect([live(), atBoot()]).toEqual([liveBefore, liveBefore]);
      const mortal = await startWorkerIn(namespace, { home, killBefore: kills + 1 });
      const ended = await apply(mortal, after).then(
        ({ failed }) => `${failed} failed`,
        (error: Error) => error.message,
      );
      await mortal.close().catch(() => {});
      if (ended === '0 failed') break;
      expect(ended).toContain('SIGKILL');
      kills++;
      // What both documents ask for is there all the time.
      expect(live(), `kill ${kills}`).toMatch(/^23000-23002,/);
      expect(outcome(await apply(worker, after)).failed, `kill ${kills}`).toBe(0);
      expect([live(), atBoot(), await entries()], `kill ${kills}`).toEqual([liveAfter, liveAfter, entriesAfter]);
      expect(outcome(await apply(worker, after))).toEqual({ changed: false, failed: 0 });
    }
    // At least the ledger, the kernel's list and the file of each change.
    expect(kills).toBeGreaterThan(20);
  });
});
