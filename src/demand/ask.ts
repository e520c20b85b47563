import { connect } from 'node:net';
import { ServiceError } from '../protocol/errors.ts';
import type { ReservationCreateParams, Reservations } from '../protocol/generated/contract.ts';
import type { LineAnswer } from './lines.ts';

/** What tells that who was there has gone, or serves another user. */
const gone = ['ECONNRESET', 'EPIPE'];

/**
 * Asks at the address for ports for the life of a process; undefined where nobody serves this user there.
 * @throws what a creation throws
 */
export async function askAt(
  address: string,
  processId: number,
  params: ReservationCreateParams,
): Promise<Reservations | undefined> {
  let text = '';
  try {
    const socket = connect(address).setEncoding('utf8');
    // It ends with the answer: the end of a pipe of Windows that has no more to say is soon deaf, too.
    socket.write(`${processId} ${JSON.stringify(params)}\n`);
    for await (const chunk of socket) {
      text += chunk as string;
      if (text.endsWith('\n')) break;
    }
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    // Why nobody can be reached there makes no difference.
    if (syscall === 'connect' || gone.includes(code ?? '')) return undefined;
    throw error;
  }
  const answer = answerIn(text);
  if (!answer) return undefined;
  if ('created' in answer) return answer.created;
  const { errorName, message, facts } = answer.refused;
  throw errorName ? new ServiceError(errorName, message, facts) : new Error(message);
}

/** Undefined where it is none: another user's, a portserver, one that was killed in the middle, or something else. */
function answerIn(text: string): LineAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer === 'object' && answer !== null && ('created' in answer || 'refused' in answer)) {
      return answer as LineAnswer;
    }
  } catch {
    // It is no JSON.
  }
  return undefined;
}
