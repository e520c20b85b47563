import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { workerFile } from '../support/worker.ts';

const hasNeovim = spawnSync('nvim', ['--version']).status === 0;
const title = "Neovim's own JSON-RPC client creates, lists and releases a reservation";

test.skipIf(!hasNeovim)(hasNeovim ? title : `${title} (skipped: no nvim on PATH)`, () => {
  const home = mkdtempSync(join(tmpdir(), 'port-reservation-neovim-'));
  onTestFinished(() => rmSync(home, { recursive: true }));
  const script = join(import.meta.dirname, 'neovim.lua');
  const output = execFileSync('nvim', ['--headless', '-u', 'NONE', '-n', '-c', `luafile ${script}`, '-c', 'qa!'], {
    env: { ...process.env, HOME: home, PORT_RESERVATION_HOME: home, NODE: process.execPath, WORKER: workerFile },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = JSON.parse(output);

  expect(seen.initialize).toMatchObject({ protocolVersion: 1, provider: 'ledger' });
  expect(seen.created).toMatchObject({ name: 'grüße 🚢', lifetime: 'runtime', range: { numberOfPorts: 3 } });
  expect(seen.created.token).toMatch(/^\d+$/);
  expect(seen.listed.reservations).toEqual([seen.created]);
  expect(seen.released).toEqual(seen.created);
  expect(seen.again).toMatchObject({ code: 4, data: { name: 'NotFound' } });
  expect(seen.left.reservations).toEqual([]);
  expect(seen.exit_code).toBe(0);
  expect(seen.failures).toEqual([]);
});
