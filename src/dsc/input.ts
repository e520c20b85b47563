import { InvalidParamsError } from '../protocol/errors.ts';
import { fieldErrors } from '../protocol/field-errors.ts';
import type { Validator } from '../protocol/generated/validators.js';
import type { Input } from './streams.ts';

const invalid = (message: string) => new InvalidParamsError([{ field: '', message }]);

/**
 * The JSON value that the stream holds. Nothing at all is an empty object, so that the validator names what is missing.
 * @throws InvalidParamsError
 */
export async function readInput(stream: Input): Promise<unknown> {
  if (stream.isTTY) return {};
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
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

/**
 * The value, if the validator accepts it.
 * @throws InvalidParamsError naming each field that breaks the schema
 */
export function checked<T>(validate: Validator<T>, value: unknown): T {
  if (validate(value)) return value;
  throw new InvalidParamsError(fieldErrors(validate.errors ?? []));
}
