import type { PortRange } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { formatRange, maximumPort } from '../../protocol/ranges.ts';

/** A number as the kernel reads it here: decimal, octal after a leading 0, hexadecimal after 0x. */
function parsePort(text: string): number {
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^([1-9]\d*|0x[\da-f]+)$/i.test(text) ? Number(text) : Number.NaN;
}

/** The ports of a list such as `80,5000-5009`; undefined where the kernel would refuse the list. */
export function parsePortList(text: string): PortSet | undefined {
  const set = new PortSet();
  const entries = text.trim().split(',');
  if (entries.at(-1) === '') entries.pop();
  for (const entry of entries) {
    const bounds = entry.split('-').map(parsePort);
    const [first = Number.NaN, last = first] = bounds;
    if (bounds.length > 2 || !(first <= last && last <= maximumPort)) return undefined;
    set.addRange({ startPort: first, numberOfPorts: last - first + 1 });
  }
  return set;
}

/** The list as the kernel writes it: ascending and merged. */
export const formatPortList = (ports: PortSet): string => ports.ranges().map(formatRange).join(',');

/** The list in pieces of at most that many bytes, each ending on a comma: half a number would be another port. */
export function listPieces(ranges: readonly PortRange[], longest: number): string[] {
  const pieces: string[] = [];
  let piece = '';
  for (const range of ranges) {
    const entry = `${formatRange(range)},`;
    if (piece.length + entry.length > longest) {
      pieces.push(piece);
      piece = '';
    }
    piece += entry;
  }
  return piece ? [...pieces, piece] : pieces;
}
