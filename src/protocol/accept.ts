import { joinedPath, type PathError, pathErrors } from './field-errors.ts';
import type { FieldFault, Validator } from './generated/validators/validator.ts';

/** What is accepted, or why it is not. */
export type Accepted<T> = { value: T; faults?: undefined } | { faults: PathError[] };

/** Nothing of the contract is nested as deeply; below this the validators alone look. */
const deepest = 32;

/**
 * The value as the contract means it: a key that is null counts as absent, since many languages write one for each field
 * that is not set, and texts are Unicode.
 *
 * @param noun what a key is called
 */
export function accept<T>(validate: Validator<T>, value: unknown, noun: string): Accepted<T> {
  const nulls: string[][] = [];
  const halves: string[][] = [];
  const meant = withoutNulls(value, { path: [], nulls, halves });
  if (!validate(meant)) return { faults: pathErrors(validate.errors ?? [], noun) };
  const unknown = nulls.length > 0 ? unknownNulls(validate, value, nulls) : [];
  if (unknown.length > 0) return { faults: pathErrors(unknown, noun) };
  if (halves.length > 0) return { faults: halves.map(halfOfPair) };
  return { value: meant };
}

const halfOfPair = (path: string[]): PathError => ({
  path,
  field: joinedPath(path),
  message: 'must not contain half of a surrogate pair',
});

interface Found {
  path: string[];
  /** Where a key is null. */
  nulls: string[][];
  /** Where a text is no Unicode. */
  halves: string[][];
}

function withoutNulls(value: unknown, found: Found): unknown {
  if (typeof value === 'string' && /\p{Cs}/u.test(value)) found.halves.push(found.path);
  if (typeof value !== 'object' || value === null || found.path.length > deepest) return value;
  const below = (key: string) => ({ ...found, path: [...found.path, key] });
  if (Array.isArray(value)) {
    const items = value.map((item, index) => withoutNulls(item, below(String(index))));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  let changed: Record<string, unknown> | undefined;
  for (const [key, item] of Object.entries(value)) {
    const next = below(key);
    if (item === null) found.nulls.push(next.path);
    const kept = item === null ? undefined : withoutNulls(item, next);
    if (kept === item) continue;
    changed ??= { ...value };
    if (item === null) delete changed[key];
    else changed[key] = kept;
  }
  return changed ?? value;
}

/** A null key that nobody knows is as wrong as any other. */
function unknownNulls(validate: Validator<unknown>, value: unknown, nulls: string[][]): FieldFault[] {
  validate(value);
  const places = new Set(nulls.map(pointerTo));
  return (validate.errors ?? []).filter(
    ({ keyword, instancePath, params }) =>
      keyword === 'additionalProperties' &&
      places.has(`${instancePath}${pointerTo([String(params.additionalProperty)])}`),
  );
}

const pointerTo = (path: readonly string[]) =>
  path.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
