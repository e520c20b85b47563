#!/usr/bin/env node
// Its parts are files, too: where no more may be opened, nothing but this is left to say so.
import('./run-worker.ts').then(({ runWorker }) => runWorker(process.argv.slice(2), 'worker.mjs'), tellShortage);

function tellShortage(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
  const message = 'too many files are open: raise the limit (ulimit -n, or LimitNOFILE= of a systemd service)';
  process.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), level: 'error', message })}\n`);
  process.exitCode = 1;
}
