#!/usr/bin/env node
import { exitCodeOfOldNode, whyTooOld } from '../oldest-node.ts';
import { startError } from '../start-error.ts';

// Each way loads no more than it needs: the program is started anew for every question.
const [first, ...rest] = process.argv.slice(2);
main();

/** No await outside of it: as a single program this is no module. */
async function main(): Promise<void> {
  const tooOld = whyTooOld(process.versions.node);
  if (tooOld !== undefined) {
    process.stderr.write(first === 'dsc' ? `${JSON.stringify({ error: tooOld })}\n` : `portreservation: ${tooOld}\n`);
    process.exitCode = exitCodeOfOldNode;
  } else if (first === 'serve') {
    await import('../run-worker.ts').then(({ runWorker }) => runWorker(rest, 'portreservation serve'), tell);
  } else if (first === 'mcp') await import('../mcp/main.ts').then(({ runMcp }) => runMcp(rest), tell);
  else if (process.connected && first === (await import('./hold/conversation.ts')).holderWord) {
    await import('./hold/run-holder.ts').then(({ runHolder }) => runHolder(process), tell);
  } else {
    process.stdout.on('error', tellLost);
    // What cannot be said ends nothing: exec keeps the ports of its command whoever reads the log.
    process.stderr.on('error', () => {});
    process.once('exit', tellUnended);
    const code = await exitCode().catch(tell);
    process.off('exit', tellUnended);
    process.exitCode ||= code ?? 0;
  }
}

async function exitCode(): Promise<number> {
  if (first === '--version' || first === '-v') {
    const { packageVersion } = await import('../protocol/generated/contract.ts');
    process.stdout.write(`${packageVersion}\n`);
    return 0;
  }
  if (first === 'dsc' && !rest.includes('--help')) return (await import('../dsc/run.ts')).runDsc(rest, process);
  return (await import('./program.ts')).run(process.argv.slice(2), process);
}

function tell(thrown: NodeJS.ErrnoException): void {
  const error = startError(thrown);
  if (!error) throw thrown;
  process.stderr.write(`portreservation: ${error.what}\n  ${error.hint}\n`);
  process.exitCode = 1;
}

/** Node ends with 0 when there is nothing left to wait for, though this waits: that is a fault, and no success. */
function tellUnended(): void {
  process.exitCode ||= 1;
}

/** Who reads the output may have enough before its end: portreservation get | head -1. */
function tellLost({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`portreservation: The output cannot be written: ${message}.\n`);
  process.exitCode = 1;
}
