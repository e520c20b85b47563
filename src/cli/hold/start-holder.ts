import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parse, resolve } from 'node:path';
import { ServiceError } from '../../protocol/errors.ts';
import type { Reservations } from '../../protocol/generated/contract.ts';
import { isSingleProgram } from '../../single-program.ts';
import type { Terminal } from '../rendering.ts';
import { type HoldAnswer, type HoldRequest, holderWord } from './conversation.ts';

/**
 * Starts a process that holds ports for another one, and goes on when this program has ended. It has none of its streams,
 * so `$(...)` does not wait for it, and is in no group that a terminal's signals go to.
 * @throws ServiceError as `holdFor` does
 */
export async function startHolder(request: HoldRequest, { execPath, argv, env }: Terminal): Promise<Reservations> {
  const home = env.PORT_RESERVATION_HOME;
  const holder = spawn(execPath, isSingleProgram() ? [holderWord] : [argv[1]!, holderWord], {
    // It keeps no folder from being removed.
    cwd: parse(execPath).root,
    env: { ...env, ...(home && { PORT_RESERVATION_HOME: resolve(home) }) },
    detached: true,
    windowsHide: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const ended = once(holder, 'exit').then(([code, signal]) => {
    throw new Error(`The process that was to hold the ports has ended with ${code ?? signal}.`);
  });
  ended.catch(() => {});
  holder.send(request);
  const [answer] = (await Promise.race([once(holder, 'message'), ended])) as [HoldAnswer];
  holder.disconnect();
  holder.unref();
  if ('created' in answer) return answer.created;
  const { errorName, message, facts } = answer.refused;
  throw errorName ? new ServiceError(errorName, message, facts) : new Error(message);
}
