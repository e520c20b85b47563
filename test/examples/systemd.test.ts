import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { applyDesiredState } from '../../src/desired-state/apply.ts';
import { exportDesiredState } from '../../src/desired-state/export.ts';
import { readDesiredState } from '../../src/desired-state/read-document.ts';
import { openService } from '../../src/open-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { boot, noSystemd } from '../support/boot.ts';
import { ownHost } from '../support/own-host.ts';

useOwnNetwork();

const folder = join(import.meta.dirname, '../../examples/systemd');
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const units = readdirSync(folder).filter((name) => name.endsWith('.service'));

const noAnalyze = spawnSync('systemd-analyze', ['--version']).status !== 0;
const title = `systemd understands the units${noAnalyze ? ' (skipped: needs systemd-analyze)' : ''}`;

test.skipIf(noAnalyze)(title, () => {
  const copies = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(copies, { recursive: true }));
  const files = units.map((name) => {
    const file = join(copies, name);
    // systemd looks whether the programs are there, which is nothing to be installed for.
    writeFileSync(file, read(name).replaceAll(/=(portreservation|\/usr\/bin\/python3)/g, `=${process.execPath}`));
    return file;
  });
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
});

test.skipIf(noAnalyze)(`${title}, and finds little to say of the sandbox`, () => {
  const top = mkdtempSync(join(tmpdir(), 'units-'));
  onTestFinished(() => rmSync(top, { recursive: true }));
  const exposure = () =>
    Number(
      /(\d+\.\d) [A-Z]+/.exec(
        spawnSync('systemd-analyze', ['security', '--offline=yes', `--root=${top}`, 'shop-ports.service'], {
          encoding: 'utf8',
        }).stdout.replace(/[\s\S]*Overall exposure/, ''),
      )?.[1],
    );
  const units = join(top, 'etc/systemd/system');
  mkdirSync(join(units, 'shop-ports.service.d'), { recursive: true });
  writeFileSync(join(units, 'shop-ports.service'), read('shop-ports.service'));
  expect(exposure()).toBeGreaterThan(9);
  writeFileSync(join(units, 'shop-ports.service.d/sandbox.conf'), read('sandbox.conf'));
  expect(exposure()).toBeLessThanOrEqual(3);
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
  expect(read('shop-ports.service')).toContain(`write-ports ${name}\n`);
});

const bootTitle = `a booted systemd${noSystemd ? ` (skipped: ${noSystemd})` : ''}`;

test.skipIf(noSystemd)(`${bootTitle} serves on what is reserved, also after the document has changed`, () => {
  const over = mkdtempSync(join(tmpdir(), 'boot-'));
  onTestFinished(() => rmSync(over, { recursive: true }));
  const put = (path: string) => {
    mkdirSync(join(over, path, '..'), { recursive: true });
    return join(over, path);
  };
  for (const name of units) writeFileSync(put(`etc/systemd/system/${name}`), read(name));
  writeFileSync(put('etc/systemd/system/shop-ports.service.d/sandbox.conf'), read('sandbox.conf'));
  for (const name of ['shop.yaml', 'write-ports']) writeFileSync(put(`etc/port-reservation/${name}`), read(name));
  cpSync(join(folder, '../../dist/PortReservation/worker'), put('opt/worker'), { recursive: true });
  // As npm installs it with its prefix /usr; what is started there begins with `#!/usr/bin/env node`.
  writeFileSync(
    put('usr/bin/portreservation'),
    `#!/bin/sh\nexec ${process.execPath} /opt/worker/portreservation.mjs "$@"\n`,
    { mode: 0o755 },
  );
  const [said] = boot(over, [join(import.meta.dirname, 'systemd/reload.sh')]);
  expect(said).toEqual({
    'shop at boot': 'active 21040',
    'ports after the reload': 'WEB_PORT=21140',
    'reserved after the reload': '21053,21140-21142,5173',
    'shop after its restart': 'active 21140',
    'a reload that fails': 'failed WEB_PORT=21140',
    'shop where an entry fails': 'failed active 21140',
    audit: [
      'created reservation tcp 22000 name=extra reason="why not" enforcement=ephemeralOnly by=alice as=root uid=0',
      'released reservation tcp 22000 name=extra reason="why not" enforcement=ephemeralOnly by=alice as=root uid=0',
    ].join('|'),
    'audit of a document': '5',
    'a socket unit': 'active 21140 21141 21142',
  });
});
