import { DocumentError, type FieldError } from '../protocol/errors.ts';

/** Where something stands in a text, counted from 1. */
export type Place = Required<Pick<FieldError, 'line' | 'column'>>;

/** What a text says, and where. */
export interface Parsed {
  value: unknown;
  /** Where the values stand that each of these keys lead to; as far as they lead. */
  placesOf(paths: readonly (readonly string[])[]): Place[];
}

/** How deeply a document may be nested; it needs four levels. */
export const deepestNesting = 32;

/** The places of the characters at these offsets. */
export function placesAt(text: string, offsets: readonly number[]): Place[] {
  const places = new Map<number, Place>();
  const lineEnd = /\r\n|[\n\r]/g;
  let line = 1;
  let lineStart = 0;
  let next = lineEnd.exec(text);
  for (const offset of [...offsets].sort((a, b) => a - b)) {
    for (; next && lineEnd.lastIndex <= offset; next = lineEnd.exec(text)) {
      line++;
      lineStart = lineEnd.lastIndex;
    }
    places.set(offset, { line, column: offset - lineStart + 1 });
  }
  return offsets.map((offset) => places.get(offset)!);
}

/** What is wrong with the whole, and where that begins. */
export const faultAt = (text: string, offset: number, message: string): DocumentError =>
  new DocumentError([{ field: '', message, ...placesAt(text, [offset])[0] }]);
