import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** The command line as it ships: `npm test` builds it first. */
export const portreservation = join(import.meta.dirname, '../../dist/PortReservation/worker/portreservation.mjs');
if (!existsSync(portreservation)) throw new Error(`${portreservation} is missing; run npm run build.`);
