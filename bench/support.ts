import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built worker. The bundled benchmark lies in build/bench. */
export const workerFile = fileURLToPath(new URL('../../dist/PortReservation/worker/worker.mjs', import.meta.url));

const home = mkdtempSync(join(tmpdir(), 'port-reservation-bench-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

/** The environment with a ledger of this run's own. */
export const environment = (): NodeJS.ProcessEnv => ({ ...process.env, PORT_RESERVATION_HOME: home });
