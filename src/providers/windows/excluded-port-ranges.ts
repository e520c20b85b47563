import type { PortRange } from '../../protocol/generated/contract.ts';
import { endPort, maximumPort } from '../../protocol/ranges.ts';

/** A row of `netsh interface ipv4|ipv6 show excludedportrange`. */
export interface ExcludedRow {
  range: PortRange;
  /** The row is marked `*`: an administrator's exclusion, which anyone may bind by number. */
  administered: boolean;
}

const row = /^\s*(\d{1,5})\s+(\d{1,5})\s*(\*?)\s*$/;
const dashes = /^\s*-{3,}\s+-{3,}\s*$/;

/**
 * Reads the table by digits, dashes and the star alone: titles, headers and footnotes are localised and come in the
 * console's OEM code page.
 *
 * @returns undefined when there is no line of dashes: the output was not understood, which is not the same as no rows
 */
export function parseExcludedPortRanges(output: string): ExcludedRow[] | undefined {
  const lines = output.split(/\r\n|\n|\r/);
  const head = lines.findIndex((line) => dashes.test(line));
  if (head < 0) return undefined;
  const rows: ExcludedRow[] = [];
  for (const line of lines.slice(head + 1)) {
    const match = row.exec(line);
    if (!match) continue;
    const [first, last] = [Number(match[1]), Number(match[2])];
    if (first < 1 || first > last || last > maximumPort) continue;
    rows.push({ range: { startPort: first, numberOfPorts: last - first + 1 }, administered: match[3] === '*' });
  }
  return rows;
}

const value = /:\s*(\d+)\s*$/;

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
