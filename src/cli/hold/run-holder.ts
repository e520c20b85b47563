import { once } from 'node:events';
import { holdFor } from '../../library/hold-for.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { HoldAnswer, HoldRequest } from './conversation.ts';

const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Holds what it is asked for, until the process it is for has ended, the time is over, or a signal frees it. Whoever asked may be gone by
 * then: the ports are for the other process.
 */
export async function runHolder(own: NodeJS.Process): Promise<void> {
  const enough = new AbortController();
  for (const signal of ending) own.on(signal, () => enough.abort());
  let time: NodeJS.Timeout | undefined;
  const staysUp = setInterval(() => {}, 2 ** 30);
  try {
    const { processId, milliseconds, params, provider } = await request(own);
    if (milliseconds !== undefined) time = setTimeout(() => enough.abort(), milliseconds);
    const { reservations, ended } = await holdFor(processId, params, { provider, signal: enough.signal });
    tell(own, { created: { reservations } });
    await ended;
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof ServiceError && { errorName: error.errorName, facts: error.facts };
    tell(own, { refused: { message, ...known } });
  } finally {
    clearInterval(staysUp);
    clearTimeout(time);
  }
}

/** Who started this and has gone before it asked wants nothing any more. */
async function request(own: NodeJS.Process): Promise<HoldRequest> {
  const gone = once(own, 'disconnect').then(() => Promise.reject(new Error('nobody asks')));
  gone.catch(() => {});
  const [asked] = (await Promise.race([once(own, 'message'), gone])) as [HoldRequest];
  return asked;
}

function tell(own: NodeJS.Process, answer: HoldAnswer): void {
  if (own.connected) own.send!(answer, () => {});
}
