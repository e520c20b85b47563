import { connect } from 'node:net';
import { ServiceError } from '../protocol/errors.ts';
import type { ReservationCreateParams, Reservations } from '../protocol/generated/contract.ts';
import type { LineAnswer } from './lines.ts';

/** What tells that nobody is there, or nobody for this user. */
const nobodyThere = ['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ECONNRESET', 'EPIPE', 'ENOTSOCK'];

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
    if (nobodyThere.includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
  if (!text.startsWith('{')) return undefined; // another user's, or a portserver
  const answer = JSON.parse(text) as LineAnswer;
  if ('created' in answer) return answer.created;
  const { errorName, message, facts } = answer.refused;
  throw errorName ? new ServiceError(errorName, message, facts) : new Error(message);
}
