import { setImmediate } from 'node:timers/promises';
import { accept } from '../protocol/accept.ts';
import { DocumentError } from '../protocol/errors.ts';
import type { PathError } from '../protocol/field-errors.ts';
import type { DesiredState, DocumentFormat } from '../protocol/generated/contract.ts';
import { DesiredState as isDesiredState } from '../protocol/generated/validators/documents.js';
import { ruleFaults } from './items.ts';
import { parseJson } from './parse-json.ts';
import { parseYaml } from './parse-yaml.ts';
import type { Parsed } from './place.ts';

/** The most bytes of UTF-8 that a document may have. */
export const longestDocument = 1024 * 1024;

/** Nobody reads more than these. */
const mostFaults = 20;

const checkLength = (bytes: number) => {
  if (bytes <= longestDocument) return;
  throw new DocumentError([{ field: '', message: `must be at most ${longestDocument} bytes long` }]);
};

/**
 * The text of a document's file: UTF-8, with a byte order mark or without.
 * @throws DocumentError when it is none, or too large
 */
export function decodeDocument(bytes: Uint8Array): string {
  checkLength(bytes.length);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new DocumentError([{ field: '', message: 'is not valid UTF-8' }]);
  }
}

/** What a file of this name is written in: JSON when it ends in `.json`, else YAML. */
export const formatOfFile = (path: string): DocumentFormat => (/\.json$/i.test(path) ? 'json' : 'yaml');

/**
 * Reads a desired-state document and checks all that can be known without the machine.
 * @throws DocumentError naming each fault with its line; the signal's reason
 */
export async function readDesiredState(
  text: string,
  format: DocumentFormat,
  signal?: AbortSignal,
): Promise<DesiredState> {
  checkLength(Buffer.byteLength(text));
  const content = text.replace(/^\uFEFF/, '');
  const parsed = await (format === 'json' ? parseJson(content) : parseYaml(content, signal));
  await setImmediate(); // a large one takes its time, so the next step is a turn of its own
  signal?.throwIfAborted();
  const { value } = parsed;
  if (value === null) throw new DocumentError([{ field: '', message: 'is empty: it needs a name at least' }]);
  const accepted = accept(isDesiredState, value, 'key');
  if (accepted.faults) throw faultsOf(parsed, accepted.faults);
  const faults = ruleFaults(accepted.value);
  if (faults.length > 0) throw faultsOf(parsed, faults);
  return accepted.value;
}

function faultsOf({ placesOf }: Parsed, faults: readonly PathError[]): DocumentError {
  const told = faults.slice(0, mostFaults);
  const places = placesOf(told.map(({ path }) => path));
  const errors = told.map(({ field, message }, index) => ({ field, message, ...places[index]! }));
  return new DocumentError(errors.sort((a, b) => a.line - b.line || a.column - b.column));
}
