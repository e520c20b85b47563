import { unprintable } from '../protocol/plain-text.ts';

/** A column of a table. */
export interface Column<T> {
  title: string;
  of(row: T): string | number | undefined;
  align?: 'right';
  /** How wide it is at least. */
  width?: number;
}

const gap = ' ';
const narrowest = 20;

/** What others chose, such as a reason, must not move the cursor; lines are left. */
export const printable = (text: string): string =>
  text.replace(unprintable, (character) => (character === '\n' ? character : '?'));

/** Words in lines of at most that many characters; a longer word has a line of its own. */
function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A table with a head, as wide as what is in it.
 * @param width where given, the last column is wrapped so that lines are no longer
 */
export function table<T>(rows: readonly T[], columns: readonly Column<T>[], width?: number): string {
  const cells = rows.map((row) => columns.map((column) => printable(String(column.of(row) ?? '').replace(/\n/g, ' '))));
  const last = columns.length - 1;
  const widths = columns.map(({ title, width: least = 0 }, index) =>
    Math.max(title.length, least, ...cells.map((row) => row[index]!.length)),
  );
  const before = widths.slice(0, last).reduce((sum, one) => sum + one + gap.length, 0);
  if (width !== undefined) widths[last] = Math.min(widths[last]!, Math.max(narrowest, width - before));

  const line = (row: readonly string[]) =>
    row
      .map((cell, index) => (columns[index]!.align ? cell.padStart(widths[index]!) : cell.padEnd(widths[index]!)))
      .join(gap)
      .trimEnd();
  const lines = (row: readonly string[]) => {
    const [first, ...others] = wrapped(row[last]!, width === undefined ? Number.POSITIVE_INFINITY : widths[last]!);
    return [line([...row.slice(0, last), first ?? '']), ...others.map((other) => ' '.repeat(before) + other)];
  };
  const head = [line(columns.map(({ title }) => title)), line(columns.map(({ title }) => '-'.repeat(title.length)))];
  return `${[...head, ...cells.flatMap(lines)].join('\n')}\n`;
}
