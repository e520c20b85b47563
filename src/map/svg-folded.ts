import type { PortKind, PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { endPort, holdsPort, maximumPort } from '../protocol/ranges.ts';
import { type FoldedRow, firstHighPort, foldedRows } from './folded.ts';
import { placeOf, runsOf } from './grid.ts';
import { aboutPort, headline } from './headline.ts';
import { grouped, kinds, titleOf } from './kinds.ts';
import { styleSheet } from './svg-layout.ts';
import { namesBelow } from './svg-names.ts';
import { cutText, xmlText } from './text-width.ts';

const shape = { low: 500, high: 3000, cellsPerRow: 250 };

/** Where things are, in the picture's own units. A card has no names below. */
const sizes = {
  card: { width: 1200, left: 76, right: 36, top: 164, half: 172, gap: 14, title: 32, line: 40, words: 58, lines: 2 },
  full: { width: 940, left: 76, right: 64, top: 108, half: 250, gap: 14, title: 22, line: 28, words: 70, lines: 1 },
} as const;
const cardHeight = 600;
const legendColumns = 4;

interface Placed extends FoldedRow {
  y: number;
  height: number;
}

/** The folded map: half of it is ports below 10000. As a card it is 1200 by 600, with larger words. */
export function renderFoldedSvg(
  map: ProtocolMap,
  { ring = [], caption, card = false }: Omit<PortMapRendering, 'format'>,
): string {
  const size = card ? sizes.card : sizes.full;
  const cell = (size.width - size.left - size.right) / shape.cellsPerRow;
  const rows = placedRows(map, ring, size);
  const bottom = size.top + 2 * size.half + size.gap;
  const legend = legendAt(map, size, bottom + 32);
  const names = card ? { text: '', height: 0 } : namesBelow(map, legend.bottom + 34);
  const height = card ? cardHeight : legend.bottom + (names.height > 0 ? names.height + 22 : 0) + 28;
  const words = headline(map, ring);
  const lines = inLines(words, size);
  const scale = `All ${map.protocol.toUpperCase()} ports. The upper half is those below 10,000, the lower one all others.`;
  const note = caption === undefined ? scale : `${scale} ${xmlText(cutText(plainText(caption), 60, '…'))}`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" width="${size.width}" height="${height}" role="img" aria-labelledby="title summary">`,
    `<title id="title">All ${map.protocol.toUpperCase()} ports</title>`,
    `<desc id="summary">${xmlText(words)}. ${kindsOf(map)
      .map((kind) => `${grouped(map.counts[kind])} ${titleOf(kind, map.protocol)}`)
      .join(', ')}.</desc>`,
    styleSheet,
    `<rect class="ground" x=".5" y=".5" width="${size.width - 1}" height="${height - 1}" rx="10"/>`,
    ...lines.map(
      (line, index) =>
        `<text class="title" style="font-size:${size.title}px" x="${size.left}" y="${(card ? 66 : 50) + index * size.line}">${xmlText(line)}</text>`,
    ),
    `<text class="faint"${card ? ' style="font-size:17px"' : ''} x="${size.left}" y="${(card ? 98 : 74) + (lines.length - 1) * size.line}">${note}</text>`,
    ...rows.map((row) => drawRow(row, map, { left: size.left, cell })),
    ...ring.map((port) => drawRing(port, rows, { left: size.left, cell, width: size.width }, map)),
    legend.text,
    names.text,
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n')}\n`;
}

/** The headline in as many lines as it may take. */
function inLines(text: string, { words, lines }: { words: number; lines: number }): string[] {
  const all: string[] = [''];
  for (const word of text.split(' ')) {
    const line = `${all.at(-1)} ${word}`.trimStart();
    if (line.length <= words || all.length === lines) all[all.length - 1] = line;
    else all.push(word);
  }
  return all.map((line) => cutText(line, words, '…'));
}

const kindsOf = ({ counts }: ProtocolMap): PortKind[] => kinds.filter((kind) => counts[kind] > 0).reverse();

/** Each half of the area is shared by its rows. */
function placedRows(
  { segments }: ProtocolMap,
  ring: readonly number[],
  { top, half, gap }: { top: number; half: number; gap: number },
): Placed[] {
  const rows = foldedRows(segments, shape, ring);
  const low = rows.filter(({ range }) => range.startPort < firstHighPort);
  const high = rows.slice(low.length);
  const place = (some: readonly FoldedRow[], from: number) =>
    some.map((row, index) => ({ ...row, y: from + (index * half) / some.length, height: half / some.length }));
  return [...place(low, top), ...place(high, top + half + gap)];
}

function drawRow(
  { range, cells, fold, y, height }: Placed,
  { segments, protocol }: ProtocolMap,
  { left, cell }: { left: number; cell: number },
): string {
  const portsPerRow = range.startPort < firstHighPort ? shape.low : shape.high;
  const bar = Math.max(2, Math.min(height - 1.5, 30));
  const middle = y + height / 2;
  const isLabelled = fold !== undefined || range.startPort % (range.startPort < firstHighPort ? 1000 : 1) === 0;
  const label = isLabelled
    ? `<text class="number faint small end" x="${left - 10}" y="${fixed(middle + 4)}">${range.startPort}</text>`
    : '';
  if (fold) {
    const to = Math.min(endPort(range), maximumPort);
    return `${label}<path class="${fold}" stroke-width="3" stroke-dasharray="3 5" d="M${left} ${fixed(middle)}h${shape.cellsPerRow * cell}"><title>${range.startPort || 1}-${to} ${titleOf(fold, protocol)}</title></path>`;
  }
  const bars = runsOf(cells).map(({ kind, first, length }) => {
    if (kind === undefined) return '';
    const path = `<path class="${kind}" stroke-width="${fixed(bar)}" d="M${fixed(left + first * cell)} ${fixed(middle)}h${fixed(length * cell)}"`;
    if (kind === 'free' || kind === 'inDynamicRange' || kind === 'privileged') return `${path}/>`;
    const from = range.startPort + Math.floor((first * portsPerRow) / shape.cellsPerRow);
    const to = range.startPort + Math.ceil(((first + length) * portsPerRow) / shape.cellsPerRow) - 1;
    const seen = segments.find((one) => one.kind === kind && one.range.startPort <= to && endPort(one.range) >= from);
    const about = seen ? aboutPort(Math.max(seen.range.startPort, from), { segments: [seen], protocol }) : '';
    return `${path}><title>${xmlText(cutText(about, 90, '…'))}</title></path>`;
  });
  return `${label}<g fill="none">${bars.join('')}</g>`;
}

/** A ring, and beside it the number, on the side where there is room. */
function drawRing(
  port: number,
  rows: readonly Placed[],
  { left, cell, width }: { left: number; cell: number; width: number },
  { protocol }: ProtocolMap,
): string {
  const row = rows.find(({ range }) => holdsPort(range, port) || (port === maximumPort && endPort(range) >= port))!;
  const portsPerRow = row.fold ? row.range.numberOfPorts : row.range.startPort < firstHighPort ? shape.low : shape.high;
  const { cell: at } = placeOf(port, { portsPerRow, cellsPerRow: shape.cellsPerRow, from: row.range.startPort });
  const x = left + (at + 0.5) * cell;
  const y = row.y + row.height / 2;
  const isLeft = x > width - 160;
  return (
    `<circle class="ring" cx="${fixed(x)}" cy="${fixed(y)}" r="11"/>` +
    `<text class="head halo${isLeft ? ' end' : ''}" x="${fixed(x + (isLeft ? -16 : 16))}" y="${fixed(y + 5)}">${protocol} ${port}</text>`
  );
}

function legendAt(
  map: ProtocolMap,
  { left, right, width }: { left: number; right: number; width: number },
  top: number,
): { text: string; bottom: number } {
  const present = kindsOf(map);
  const step = (width - left - right) / legendColumns;
  const entries = present.map((kind, index) => {
    const x = fixed(left + (index % legendColumns) * step);
    const y = top + Math.floor(index / legendColumns) * 22;
    return (
      `<path class="${kind}" stroke-width="12" d="M${x} ${y - 4}h12"/>` +
      `<text x="${x + 19}" y="${y}">${titleOf(kind, map.protocol)}<tspan class="faint" dx="4">${grouped(map.counts[kind])}</tspan></text>`
    );
  });
  return { text: entries.join('\n'), bottom: top + Math.floor((present.length - 1) / legendColumns) * 22 };
}

const fixed = (value: number): number => Math.round(value * 100) / 100;
