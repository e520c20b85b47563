import { DocumentError } from '../protocol/errors.ts';
import { type Parsed, parseYaml, placeAt } from './parse-yaml.ts';

/** Whether no key of the text was lost for being there twice. Colons after quotes in texts may only make it look so. */
function hasAllKeys(text: string, value: unknown): boolean {
  try {
    return (text.match(/"\s*:/g)?.length ?? 0) === keysIn(value);
  } catch {
    return false; // nested too deeply to be counted
  }
}

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values = Object.values(value);
  let keys = Array.isArray(value) ? 0 : values.length;
  for (const one of values) keys += keysIn(one);
  return keys;
}

/**
 * Reads a JSON text. Every JSON text is YAML too, and the YAML parser knows places and doubled keys; it is twenty times as
 * slow, so it is asked only where there is something to say.
 *
 * @throws DocumentError naming the line of the first fault
 */
export async function parseJson(text: string): Promise<Parsed> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const message = `is not JSON: ${plain((error as Error).message)}`;
    throw new DocumentError([{ field: '', message, ...placeAt(text, offsetOfFault(text)) }]);
  }
  if (!hasAllKeys(text, value)) await parseYaml(text);
  let places: Promise<Parsed> | undefined;
  return {
    value,
    async placeOf(path) {
      places ??= parseYaml(text);
      return (await places).placeOf(path);
    },
  };
}

/** What V8 says of a fault, without the place and the excerpt. */
const plain = (message: string) => message.replace(/ in JSON at position .*$|, (\.\.\.)?".*$/s, '');

/** V8 says where for some faults alone: the longest start of the text that fails only because it ends too early. */
function offsetOfFault(text: string): number {
  let good = 0;
  let bad = text.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isStart(text.slice(0, middle))) good = middle;
    else bad = middle;
  }
  return good;
}

function isStart(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const { message } = error as Error;
    const position = /at position (\d+)/.exec(message)?.[1];
    return /end of JSON input|Unterminated string/.test(message) || Number(position) === text.length;
  }
}
