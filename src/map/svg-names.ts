import type { ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { endPort, formatRange } from '../protocol/ranges.ts';
import { placeOf, type Row } from './grid.ts';
import { rank, titleOf } from './kinds.ts';
import { type Excluder, type NamedPorts, namedThings } from './named-ports.ts';
import { cellX, layout, rowY } from './svg-layout.ts';
import { cutText, textWidth, xmlText } from './text-width.ts';

const lineHeight = 18;
const mostLines = 8;
/** Wide guesses of what a character takes, so that texts stay in their column. */
const character = { ordinary: 6.5, small: 6.1, number: 7.4 };

interface Column {
  x: number;
  width: number;
}

const [first, second, third, fourth] = [
  { x: cellX(0), width: 158 },
  { x: cellX(41), width: 158 },
  { x: cellX(83), width: 250 },
  { x: cellX(148), width: layout.width - layout.margin - cellX(148) },
] as const;

/** Under the picture: who listens, what is reserved, who excluded what, as far as there is room. */
export function namesBelow(map: ProtocolMap, top: number): { text: string; height: number } {
  const { listening, reserved, kept, excluders } = namedThings(map);
  const inFirst = listening.slice(0, mostLines);
  const rest = listening.slice(mostLines);
  const inSecond = rest.slice(0, rest.length > mostLines ? mostLines - 1 : mostLines);
  const columns = [
    column(titleOf('listening', map.protocol), lined(inFirst, first), first, top),
    column('', [...lined(inSecond, second), ...more(rest.length - inSecond.length)], second, top),
    column(
      reserved.length > 0 ? 'reserved' : kept.length > 0 ? 'kept' : '',
      detailed([...reserved, ...kept], third),
      third,
      top,
    ),
    column('excluded', byExcluder(excluders, fourth), fourth, top),
  ];
  const lines = Math.max(...columns.map((one) => one.lines));
  return { text: columns.map((one) => one.text).join(''), height: lines === 0 ? 0 : (lines + 1) * lineHeight };
}

const more = (count: number): string[] => (count > 0 ? [`<tspan class="faint">and ${count} more</tspan>`] : []);

function column(title: string, lines: readonly string[], { x }: Column, top: number): { text: string; lines: number } {
  if (lines.length === 0) return { text: '', lines: 0 };
  const head = title && `<text class="head" x="${x}" y="${top}">${title[0]!.toUpperCase()}${title.slice(1)}</text>\n`;
  const rows = lines.map((one, index) => `<text x="${x}" y="${top + (index + 1) * lineHeight}">${one}</text>\n`);
  return { text: head + rows.join(''), lines: lines.length };
}

const cut = (text: string, width: number, per = character.ordinary) =>
  xmlText(cutText(plainText(text), Math.floor(width / per), '…'));

const small = (text: string, width: number) =>
  `<tspan class="faint small">${cut(text, width, character.small)}</tspan>`;

const number = (text: string) => `<tspan class="number">${text}</tspan>`;

const lined = (things: readonly NamedPorts[], { width }: Column): string[] =>
  things.map(({ range, name }) => {
    const ports = formatRange(range);
    const room = width - ports.length * character.number - 8;
    return `${number(ports)}<tspan dx="8">${cut(name, room)}</tspan>`;
  });

/** Two lines each: ports and name, and what else is known. */
function detailed(things: readonly NamedPorts[], place: Column): string[] {
  const fits = things.length * 2 <= mostLines ? things.length : Math.floor((mostLines - 1) / 2);
  const lines = things.slice(0, fits).flatMap((one) => [...lined([one], place), small(one.note ?? '', place.width)]);
  return [...lines, ...more(things.length - fits)];
}

/** Whose and what that means, and the ranges, two in a line. */
function byExcluder(excluders: readonly Excluder[], { width }: Column): string[] {
  const lines: string[] = [];
  for (const [index, { name, effect, ranges }] of excluders.entries()) {
    const room = mostLines - lines.length - 2;
    if (room < 1) return [...lines, ...more(excluders.length - index)];
    const rows = Math.min(Math.ceil(ranges.length / 2), index === 0 && excluders.length > 1 ? 3 : room);
    const shown = ranges.slice(0, rows * 2 < ranges.length ? rows * 2 - 1 : rows * 2).map(formatRange);
    lines.push(`by ${cut(name, width - 16)}`, small(effect, width));
    for (let at = 0; at < shown.length; at += 2) {
      const left = at + 2 > shown.length ? ranges.length - shown.length : 0;
      const rest = left > 0 ? `<tspan dx="8" class="faint">and ${left} more</tspan>` : '';
      lines.push(number(shown.slice(at, at + 2).join(', ')) + rest);
    }
  }
  return lines;
}

const { grid } = layout;
const labelCharacter = 5.8;
const longestName = 24;
const between = 1;

/** Names beside what they belong to, reservations first, each only where nothing lies under it. */
export function labels(map: ProtocolMap, rows: readonly Row[]): string {
  const { reserved, kept, listening } = namedThings(map);
  const taken = rows.map((row) => row.map((kind) => kind === undefined || rank(kind) > rank('privileged')));
  const texts: string[] = [];
  for (const { range, name } of [...reserved, ...kept, ...listening]) {
    const { row, cell } = placeOf(endPort(range), grid);
    const text = cutText(plainText(name), longestName, '…');
    const beside = cell + 1;
    const first = beside + between;
    const last = first + Math.ceil((textWidth(text) * labelCharacter) / grid.cell);
    // A letter is higher than a row.
    const around = taken.slice(Math.max(row - 1, 0), row + 2);
    const isFree = last < grid.cellsPerRow && around.every((cells) => !cells.slice(beside, last + 1).includes(true));
    if (!isFree) continue;
    for (const cells of around) cells.fill(true, beside, last + 1 + between);
    texts.push(`<text x="${cellX(first)}" y="${rowY(row) + grid.row}">${xmlText(text)}</text>`);
  }
  return `<g class="labels">\n${texts.join('\n')}\n</g>`;
}
