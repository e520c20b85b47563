// Before `npm pack`: gives dist/ what npm did not install, koffi's native files of the other platforms.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { copyAll } from './koffi.mjs';

const worker = fileURLToPath(new URL('../dist/PortReservation/worker', import.meta.url));
if (existsSync(worker)) copyAll(`${worker}/koffi`);
else {
  console.error('There is nothing to pack: dist/ is missing. Run npm run package, which builds it.');
  process.exitCode = 1;
}
