import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import { exportDesiredState } from '../../src/desired-state/export.ts';
import { readDesiredState } from '../../src/desired-state/read-document.ts';
import { openService } from '../../src/open-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHost } from '../support/own-host.ts';

useOwnNetwork();

const folder = join(import.meta.dirname, '../../examples/systemd');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const units = readdirSync(folder).filter((name) => name.endsWith('.service'));

const noSystemd = spawnSync('systemd-analyze', ['--version']).status !== 0;
const title = `systemd understands the units${noSystemd ? ' (skipped: needs systemd-analyze)' : ''}`;

test.skipIf(noSystemd)(title, () => {
  const copies = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(copies, { recursive: true }));
  const files = units.map((name) => {
    const file = join(copies, name);
    // systemd looks whether the programs are there, which is nothing to be installed for.
    writeFileSync(file, read(name).replaceAll(/\/usr\/(local\/)?bin\/(portreservation|python3)/g, process.execPath));
    return file;
  });
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

test('the ports that the service is started with are those of the document', async () => {
  const service = await openService({ provider: 'ledger', host: ownHost() });
  onTestFinished(() => service.close());
  const { name, reservations } = await readDesiredState(read('shop.yaml'), 'yaml');
  const text = JSON.stringify({ name, reservations });
  expect(await applyDesiredState(service, { text, format: 'json' })).toMatchObject({ failed: 0 });
  const env = await exportDesiredState(service, { format: 'env', document: name });
  const [, variable] = /\$\{(\w+)\}/.exec(read('shop.service'))!;
  expect(env.text).toContain(`${variable}=21040\n`);
  expect(read('shop-ports.service')).toContain(`--document ${name} `);
});
