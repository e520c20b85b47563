import { DocumentError } from '../protocol/errors.ts';
import { shapeOf } from '../protocol/json-shape.ts';
import { pointerPart, walkJson } from './json-walk.ts';
import { deepestNesting, faultAt, type Parsed, placesAt } from './place.ts';

/** Objects of very many keys take the parser a hundred times as long as lists of as many numbers. */
const mostValues = 50_000;

/** Whether no key of the text was lost for being there twice. Colons after quotes in texts may only make it look so. */
const hasAllKeys = (text: string, value: unknown): boolean => (text.match(/"\s*:/g)?.length ?? 0) === keysIn(value);

function keysIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const values = Object.values(value);
  let keys = Array.isArray(value) ? 0 : values.length;
  for (const one of values) keys += keysIn(one);
  return keys;
}

/**
 * Reads a JSON text.
 * @throws DocumentError naming the line of the first fault
 */
export function parseJson(text: string): Parsed {
  checkShape(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw faultAt(text, walkJson(text) ?? text.length, `is not JSON: ${plain((error as Error).message)}`);
  }
  if (!hasAllKeys(text, value)) refuseDoubles(text);
  return { value, placesOf: (paths) => placesAt(text, offsetsOf(text, paths)) };
}

function checkShape(text: string): void {
  const bytes = Buffer.from(text);
  const { tooDeepAt, values } = shapeOf(bytes, deepestNesting);
  if (tooDeepAt !== undefined) {
    throw faultAt(text, bytes.toString('utf8', 0, tooDeepAt).length, 'is nested too deeply');
  }
  if (values > mostValues) {
    throw new DocumentError([{ field: '', message: `must have at most ${mostValues} values` }]);
  }
}

function refuseDoubles(text: string): void {
  let first: number | undefined;
  walkJson(text, {
    twice: (offset) => {
      first ??= offset;
    },
  });
  if (first !== undefined) throw faultAt(text, first, 'names a key twice');
}

/** The longest start of each path that there is. */
function offsetsOf(text: string, paths: readonly (readonly string[])[]): number[] {
  const starts = paths.map((path) =>
    path.map((_, index) =>
      path
        .slice(0, index + 1)
        .map(pointerPart)
        .join(''),
    ),
  );
  const wanted = new Set(['', ...starts.flat()]);
  const found = new Map<string, number>();
  walkJson(text, {
    value: (pointer, offset) => {
      if (wanted.has(pointer) && !found.has(pointer)) found.set(pointer, offset);
    },
  });
  return starts.map((pointers) => found.get(pointers.findLast((pointer) => found.has(pointer)) ?? '') ?? 0);
}

/** What V8 says of a fault, without the place and the excerpt. */
const plain = (message: string) => message.replace(/ in JSON at position .*$|, (\.\.\.)?".*$/s, '');
