import { plainText } from '../protocol/plain-text.ts';

/** Plain text for a terminal that shows ASCII alone. */
export const asciiText = (text: string): string => plainText(text).replace(/[^\x20-\x7e]/gu, '?');

const markup: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Plain text for the text or an attribute of an XML document. */
export const xmlText = (text: string): string => plainText(text).replace(/[&<>"]/g, (one) => markup[one]!);

const combining = /^\p{M}$/u;
const wide =
  /^[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]$/u;

const widthOf = (character: string): number => (combining.test(character) ? 0 : wide.test(character) ? 2 : 1);

/** How many columns of a terminal the text takes. */
export const textWidth = (text: string): number => [...text].reduce((sum, one) => sum + widthOf(one), 0);

/** The text in that many columns at most, with a mark where it was cut. */
export function cutText(text: string, columns: number, mark: string): string {
  if (textWidth(text) <= columns) return text;
  let cut = '';
  let left = columns - textWidth(mark);
  for (const one of text) {
    left -= widthOf(one);
    if (left < 0) break;
    cut += one;
  }
  return cut + mark;
}
