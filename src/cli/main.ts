#!/usr/bin/env node
// Each way loads no more than it needs: the program is started anew for every question.
const [first, ...rest] = process.argv.slice(2);
if (first === 'serve') (await import('../run-worker.ts')).runWorker(rest, 'portreservation serve');
else if (first === 'mcp') (await import('../mcp/main.ts')).runMcp(rest);
else {
  process.stdout.on('error', tellLost);
  // What cannot be said ends nothing: exec keeps the ports of its command whoever reads the log.
  process.stderr.on('error', () => {});
  const code = await exitCode().catch(tellShortage);
  process.exitCode ||= code;
}

async function exitCode(): Promise<number> {
  if (first === '--version') {
    const { packageVersion } = await import('../protocol/generated/contract.ts');
    process.stdout.write(`${packageVersion}\n`);
    return 0;
  }
  if (first === 'dsc' && !rest.includes('--help')) return (await import('../dsc/run.ts')).runDsc(rest, process);
  return (await import('./program.ts')).run(process.argv.slice(2), process);
}

/** Each part of the program is a file, and no more may be opened: what would say so cannot be loaded either. */
function tellShortage(error: NodeJS.ErrnoException): number {
  if (error.code !== 'EMFILE' && error.code !== 'ENFILE') throw error;
  const hint = 'Raise the limit (ulimit -n, or LimitNOFILE= of a systemd service), or end what has so many open.';
  process.stderr.write(`portreservation: Too many files are open.\n  ${hint}\n`);
  return 1;
}

/** Who reads the output may have enough before its end: portreservation get | head -1. */
function tellLost({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`portreservation: The output cannot be written: ${message}.\n`);
  process.exitCode = 1;
}
