import type { Socket } from 'node:net';
import { noProcess } from '../machine/no-process.ts';
import type { Peer } from '../native/linux/peer.ts';
import { checkParams } from '../protocol/check.ts';
import { type ErrorFacts, type ErrorName, InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { Reservations } from '../protocol/generated/contract.ts';
import { type Asker, askerOf } from './asker.ts';
import type { Desk } from './desk.ts';

/** What is answered to a line that says what it wants. */
export type LineAnswer =
  | { created: Reservations }
  | { refused: { errorName?: ErrorName; message: string; facts?: ErrorFacts } };

/** What the lines of a connection are answered with. */
export interface LineService {
  desk: Desk;
  peer: Peer | undefined;
  platform: NodeJS.Platform;
}

/** As much as a line may have: an id, and what is asked for in the words of reservation/create. */
const longestLine = 64 * 1024;

/**
 * Answers the lines of a connection, one after the other: `4711` with a port for that process, free in TCP and UDP, as
 * portserver does, 0 where there is none; `4711 {"numberOfPorts":3}` with what reservation/create would make. Nothing more is
 * read while an answer is not.
 */
export async function answerLines(socket: Socket, service: LineService): Promise<void> {
  const answer = async (line: string) => {
    const isWritten = socket.write(await answerTo(line, service));
    if (isWritten || socket.destroyed) return;
    await new Promise<void>((resolve) => socket.once('drain', resolve).once('close', resolve));
  };
  let text = '';
  socket.setEncoding('utf8');
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += chunk as string;
    for (let end = text.indexOf('\n'); end >= 0 && !socket.destroyed; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      await answer(line);
    }
    if (socket.destroyed || text.length > longestLine) break;
  }
  if (text !== '' && text.length <= longestLine && !socket.destroyed) await answer(text);
  socket.end();
}

const none = '0\n';

async function answerTo(line: string, { desk, peer, platform }: LineService): Promise<string> {
  const [, id, words] = /^(\d{1,10})(?=[\s{]|$)\s*(\S.*)?$/.exec(line) ?? [];
  if (id === undefined) return none;
  const asker = await askerOf(Number(id), peer, platform);
  if (words !== undefined) return `${JSON.stringify(await answerInFull(Number(id), asker, words, desk))}\n`;
  if (!asker) return none;
  try {
    return `${await desk.port(asker)}\n`;
  } catch {
    return none; // the protocol has no words for why
  }
}

async function answerInFull(id: number, asker: Asker | undefined, words: string, desk: Desk): Promise<LineAnswer> {
  try {
    if (!asker) throw noProcess(id);
    const params = checkParams('reservation/create', { protocol: 'tcp', ...objectIn(words) });
    for (const field of ['whatIf', 'ifExists'] as const) if (params[field]) throw notHere(field, 'is not for these');
    if (params.lifetime === 'persistent') throw notHere('lifetime', 'must be runtime: it is for the life of a process');
    return { created: await desk.give(params, asker) };
  } catch (error) {
    const { message } = error as Error;
    const known = error instanceof ServiceError && { errorName: error.errorName, facts: error.facts };
    return { refused: { message, ...known } };
  }
}

function objectIn(words: string): object {
  const value: unknown = JSON.parse(words);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new TypeError(
    `What is wanted must be an object of JSON, such as {"numberOfPorts":2}, not ${words.slice(0, 40)}`,
  );
}

const notHere = (field: string, message: string) => new InvalidParamsError([{ field, message }]);
