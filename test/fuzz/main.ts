// `npm run fuzz -- --frames 1000000 --seed 7`: ends with 1 and says why where something was not as it must be.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { drive } from './drive.ts';

const { values } = parseArgs({
  options: {
    frames: { type: 'string', default: '20000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 32) },
    stop: { type: 'string', default: '250' },
    memory: { type: 'string', default: '600' },
  },
});
/** A worker serves so many, so that one that grows and one that is started are both seen. */
const framesOfWorker = 50_000;

const worker = resolve('dist/PortReservation/worker/worker.mjs');
const home = mkdtempSync(join(tmpdir(), 'port-reservation-fuzz-'));
const faults: string[] = [];
try {
  let seed = Number(values.seed);
  for (let left = Number(values.frames); left > 0 && faults.length === 0; left -= framesOfWorker, seed++) {
    const env = { ...process.env, PORT_RESERVATION_HOME: home };
    const outcome = await drive({ worker, env, frames: Math.min(left, framesOfWorker), seed });
    const megabytes = Math.round(outcome.memory / 1024 / 1024);
    const { frames, answers, longestStop, codes } = outcome;
    console.log(
      `seed ${seed}: ${frames} frames, ${answers} answers, longest stop ${longestStop} ms, ${megabytes} MiB, codes ${JSON.stringify(codes)}`,
    );
    faults.push(...outcome.faults);
    if (!(longestStop <= Number(values.stop)))
      faults.push(`seed ${seed}: nothing else was served for ${longestStop} ms`);
    if (megabytes > Number(values.memory)) faults.push(`seed ${seed}: the worker grew to ${megabytes} MiB`);
  }
} finally {
  rmSync(home, { recursive: true, force: true });
}
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;
