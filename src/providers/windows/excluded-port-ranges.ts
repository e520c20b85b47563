import type { PortRange } from '../../protocol/generated/contract.ts';
import { endPort, maximumPort } from '../../protocol/ranges.ts';

/** A row of `netsh interface ipv4|ipv6 show excludedportrange`. */
export interface ExcludedRow {
  range: PortRange;
  /** The row is marked `*`: an administrator's exclusion, which a plain socket may be bound in by number. */
  administered: boolean;
}

// Blanks are whatever is no letter of ASCII: some languages set their numbers with blanks of their own, which the code page of
// the console makes anything of.
const row = /^[^\w*]*(\d{1,5})[^\w*]+(\d{1,5})[^\w*]*(\*?)[^\w*]*$/;
const dashes = /^[^\w-]*-{3,}[^\w-]+-{3,}[^\w-]*$/;
const numbers = /\d\D+\d/;

/**
 * Reads the table by digits, dashes and the star alone: titles, headers and footnotes are localised and come in the
 * console's OEM code page.
 *
 * @returns undefined when there is no line of dashes, or numbers and no row: the output was not understood,
 * which is not the same as no rows
 */
export function parseExcludedPortRanges(output: string): ExcludedRow[] | undefined {
  const lines = output.split(/\r\n|\n|\r/);
  const head = lines.findIndex((line) => dashes.test(line));
  if (head < 0) return undefined;
  const rows: ExcludedRow[] = [];
  let isStrange = false;
  for (const line of lines.slice(head + 1)) {
    const match = row.exec(line);
    if (!match) {
      isStrange ||= numbers.test(line);
      continue;
    }
    const [first, last] = [Number(match[1]), Number(match[2])];
    if (first < 1 || first > last || last > maximumPort) continue;
    rows.push({ range: { startPort: first, numberOfPorts: last - first + 1 }, administered: match[3] === '*' });
  }
  // Rows that are not understood are not the same as none.
  return isStrange && rows.length === 0 ? undefined : rows;
}

/** A colon, as it may be in any code page, and a number. */
const value = /[:\u0080-\uffff][^\w]*?(\d+)[^\w]*$/;

/**
 * Reads `netsh interface ipv4 show dynamicport`: the first two lines that end in a number are start and count.
 * @returns undefined when there are none
 */
export function parseDynamicPortRange(output: string): PortRange | undefined {
  const [startPort, numberOfPorts] = output
    .split(/\r\n|\n|\r/)
    .map((line) => value.exec(line)?.[1])
    .filter((digits) => digits !== undefined)
    .map(Number);
  if (!startPort || !numberOfPorts) return undefined;
  const range = { startPort, numberOfPorts };
  return endPort(range) <= maximumPort ? range : undefined;
}
