import type { FieldError } from '../protocol/errors.ts';

/** Where something stands in a text, counted from 1. */
export type Place = Required<Pick<FieldError, 'line' | 'column'>>;

/** The place of the character at this offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split(/\r\n|[\n\r]/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** What a text says, and where. */
export interface Parsed {
  value: unknown;
  /** Where the value stands that these keys lead to; as far as they lead. */
  placeOf(path: readonly string[]): Place | Promise<Place>;
}
