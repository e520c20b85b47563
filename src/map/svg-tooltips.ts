import type { PortKind, PortMapSegment, PortRange, Protocol, ProtocolMap } from '../protocol/generated/contract.ts';
import { endPort, formatRange } from '../protocol/ranges.ts';
import { placeOf } from './grid.ts';
import { kinds, rank, titleOf } from './kinds.ts';
import { aboutHolder, type Excluder, excludedBy, reservedAs } from './named-ports.ts';
import { cellX, layout, rowY } from './svg-layout.ts';
import { cutText, xmlText } from './text-width.ts';

/** Of more, neighbours share one, so that the picture stays small. */
const mostTooltips = 700;
const longestText = 90;
const mostNames = 3;

interface Tooltip {
  range: PortRange;
  text: string;
}

/** Areas that say what they are when the pointer rests on them; the most remarkable lie on top. */
export function tooltips({ segments, protocol }: ProtocolMap): string {
  const tips =
    segments.length <= mostTooltips
      ? [...segments].sort((a, b) => rank(a.kind) - rank(b.kind)).map((one) => tooltipOf(one, protocol))
      : sharedTooltips(segments, protocol);
  const areas = tips.map(
    ({ range, text }) => `<path d="${area(range)}"><title>${xmlText(cutText(text, longestText, '…'))}</title></path>`,
  );
  return `<g class="tips">\n${areas.join('\n')}\n</g>`;
}

function tooltipOf(segment: PortMapSegment, protocol: Protocol): Tooltip {
  const what = [`${formatRange(segment.range)} ${titleOf(segment.kind, protocol)}`, ...detailsOf(segment)];
  return { range: segment.range, text: what.join(': ') };
}

function detailsOf({ kind, holders = [], reservation, exclusion }: PortMapSegment): string[] {
  const details: string[] = [];
  if (kind === 'listening' || kind === 'inUse') {
    const who = holders.filter(({ state }) => kind === 'inUse' || state === 'listening');
    details.push(who.map(aboutHolder).join(', '));
  }
  if (reservation) details.push(named(reservedAs(reservation)));
  else if (exclusion) details.push(byWhom(excludedBy(exclusion)));
  return details;
}

const byWhom = ({ name, effect, source }: Omit<Excluder, 'ranges'>) => `by ${name}, ${effect} (${source})`;

const named = ({ name, note }: { name: string; note?: string }) => (note ? `${name} (${note})` : name);

/** One for each piece of so many ports that has something remarkable. */
function sharedTooltips(segments: readonly PortMapSegment[], protocol: Protocol): Tooltip[] {
  const remarkable = segments.filter(({ kind }) => rank(kind) > rank('privileged'));
  for (const ports of [10, 20, 50]) {
    const tips = piecesOf(remarkable, ports, protocol);
    if (tips.length <= mostTooltips) return tips;
  }
  return piecesOf(remarkable, 100, protocol);
}

function piecesOf(segments: readonly PortMapSegment[], ports: number, protocol: Protocol): Tooltip[] {
  const pieces = new Map<number, PortMapSegment[]>();
  for (const segment of segments) {
    const last = Math.floor(endPort(segment.range) / ports);
    for (let piece = Math.floor(segment.range.startPort / ports); piece <= last; piece++) {
      const others = pieces.get(piece);
      if (others) others.push(segment);
      else pieces.set(piece, [segment]);
    }
  }
  return [...pieces].map(([piece, those]) => {
    const range = { startPort: piece * ports, numberOfPorts: ports };
    return { range, text: `${formatRange(range)} ${summaryOf(those, range, protocol)}` };
  });
}

function summaryOf(segments: readonly PortMapSegment[], range: PortRange, protocol: Protocol): string {
  const counts = new Map<PortKind, number>();
  const names = new Set<string>();
  for (const segment of segments) {
    const first = Math.max(segment.range.startPort, range.startPort);
    const last = Math.min(endPort(segment.range), endPort(range));
    counts.set(segment.kind, (counts.get(segment.kind) ?? 0) + last - first + 1);
    if (segment.label !== undefined) names.add(segment.label);
  }
  const present = kinds.filter((kind) => counts.has(kind)).reverse();
  const some = [...names].slice(0, mostNames);
  const more = names.size > mostNames ? ', ...' : '';
  const told = present.map((kind) => `${counts.get(kind)} ${titleOf(kind, protocol)}`).join(', ');
  return some.length > 0 ? `${told}: ${some.join(', ')}${more}` : told;
}

/** The cells of the range: the rest of its first row, whole rows, and the beginning of the last. */
function area(range: PortRange): string {
  const { grid } = layout;
  const first = placeOf(range.startPort, grid);
  const last = placeOf(Math.min(endPort(range), 65_535), grid);
  const box = (row: number, to: number, from: number, end: number) =>
    `M${cellX(from)} ${rowY(row)}H${cellX(end + 1)}V${rowY(to) + grid.row}H${cellX(from)}z`;
  const end = grid.cellsPerRow - 1;
  if (first.row === last.row) return box(first.row, first.row, first.cell, last.cell);
  return (
    box(first.row, first.row, first.cell, end) +
    (last.row - first.row > 1 ? box(first.row + 1, last.row - 1, 0, end) : '') +
    box(last.row, last.row, 0, last.cell)
  );
}
