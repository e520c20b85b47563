import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The bundled benchmark lies in build/bench.
export const built = (file: string) =>
  fileURLToPath(new URL(`../../dist/PortReservation/worker/${file}`, import.meta.url));

/** The built worker. */
export const workerFile = built('worker.mjs');

/** The built program of the DSC resources. */
export const dscFile = built('dsc.cjs');

const home = mkdtempSync(join(tmpdir(), 'port-reservation-bench-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** The built library. */
export const libraryFile = new URL('../../dist/lib/index.js', import.meta.url).href;

/** The environment with a ledger of this run's own. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PORT_RESERVATION_HOME: home });

/** Starts Node to do nothing, and waits for its end: the floor of every program on Node. */
export async function startNode(): Promise<void> {
  await once(spawn(process.execPath, ['-e', '0'], { stdio: 'ignore' }), 'exit');
}

/** Listeners on every so many ports; those that are taken are left out. */
export async function scatteredListeners(count: number, first: number, step: number): Promise<Server[]> {
  const servers: Server[] = [];
  for (let index = 0; index < count; index++) {
    const server = createServer();
    const listening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(first + index * step, '127.0.0.1', () => resolve(true));
    });
    if (listening) servers.push(server);
  }
  return servers;
}
