#!/usr/bin/env node
import { packageVersion } from '../protocol/generated/contract.ts';

// Each way loads no more than it needs: the program is started anew for every question.
const [first, ...rest] = process.argv.slice(2);
if (first === 'serve') (await import('../run-worker.ts')).runWorker(rest, 'portreservation serve');
else {
  process.stdout.on('error', tellLost);
  // What cannot be said ends nothing: exec keeps the ports of its command whoever reads the log.
  process.stderr.on('error', () => {});
  const code = await exitCode();
  process.exitCode ||= code;
}

async function exitCode(): Promise<number> {
  if (first === '--version') {
    process.stdout.write(`${packageVersion}\n`);
    return 0;
  }
  if (first === 'dsc' && !rest.includes('--help')) return (await import('../dsc/run.ts')).runDsc(rest, process);
  return (await import('./program.ts')).run(process.argv.slice(2), process);
}

/** Who reads the output may have enough before its end: portreservation get | head -1. */
function tellLost({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`portreservation: The output cannot be written: ${message}.\n`);
  process.exitCode = 1;
}
