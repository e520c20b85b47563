#!/usr/bin/env node
import { startError } from './start-error.ts';

import('./run-worker.ts').then(({ runWorker }) => runWorker(process.argv.slice(2), 'worker.mjs'), tell);

function tell(thrown: NodeJS.ErrnoException): void {
  const error = startError(thrown);
  if (!error) throw thrown;
  const { what, hint } = error;
  const time = new Date().toISOString();
  process.stderr.write(`${JSON.stringify({ time, level: 'error', message: `${what} ${hint}` })}\n`);
  process.exitCode = 1;
}
