#!/usr/bin/env node
import { packageVersion } from '../protocol/generated/contract.ts';

// Each way loads no more than it needs: the program is started anew for every question.
const [first, ...rest] = process.argv.slice(2);
if (first === '--version') process.stdout.write(`${packageVersion}\n`);
else if (first === 'serve') (await import('../run-worker.ts')).runWorker(rest, 'portreservation serve');
else if (first === 'dsc' && !rest.includes('--help')) {
  process.exitCode = await (await import('../dsc/run.ts')).runDsc(rest, process);
} else {
  const { run } = await import('./run.ts');
  // Who reads the output may have enough before its end: portreservation get | head -1.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await run(process.argv.slice(2), process);
}
