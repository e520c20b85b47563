import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { Input } from './streams.ts';

const invalid = (message: string) => new InvalidParamsError([{ field: '', message }]);

/**
 * The JSON value that the stream holds. Nothing at all is an empty object, so that the validator names what is missing.
 * @throws InvalidParamsError, ServiceError
 */
export async function readInput(stream: Input): Promise<unknown> {
  if (stream.isTTY) return {};
  const bytes = await bytesOf(stream);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid('is not UTF-8');
  }
  if (text.trim() === '') return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw invalid(`is not JSON: ${(error as Error).message}`);
  }
}

async function bytesOf(stream: Input): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ServiceError('OsError', `The input cannot be read: ${message}.`, { osCode: code }, error);
  }
  return Buffer.concat(chunks);
}
