#!/usr/bin/env node
import { exitCodeOfOldNode, whyTooOld } from './oldest-node.ts';
import { startError } from './start-error.ts';

const tooOld = whyTooOld(process.versions.node);
if (tooOld !== undefined) {
  log(tooOld);
  process.exitCode = exitCodeOfOldNode;
} else import('./run-worker.ts').then(({ runWorker }) => runWorker(process.argv.slice(2), 'worker.mjs'), tell);

function tell(thrown: NodeJS.ErrnoException): void {
  const error = startError(thrown);
  if (!error) throw thrown;
  log(`${error.what} ${error.hint}`);
  process.exitCode = 1;
}

function log(message: string): void {
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: 'error', message })}\n`);
}
