import type { PortMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { endPort } from '../protocol/ranges.ts';
import { placeOf, type Row } from './grid.ts';
import { rank } from './kinds.ts';
import { namedThings } from './named-ports.ts';
import { cutText, textWidth, xmlText } from './plain-text.ts';
import { cellX, layout, rowY } from './svg-layout.ts';

const { grid } = layout;
const character = 5.8;
const longestName = 24;
const between = 1;

/** Names beside what they belong to, reservations first, each only where nothing lies under it. */
export function labels(map: PortMap, rows: readonly Row[]): string {
  const { reserved, listening } = namedThings(map);
  const taken = rows.map((row) => row.map((kind) => kind === undefined || rank(kind) > rank('privileged')));
  const texts: string[] = [];
  for (const { range, name } of [...reserved, ...listening]) {
    const { row, cell } = placeOf(endPort(range), grid);
    const text = cutText(plainText(name), longestName, '…');
    const beside = cell + 1;
    const first = beside + between;
    const last = first + Math.ceil((textWidth(text) * character) / grid.cell);
    // A letter is higher than a row.
    const around = taken.slice(Math.max(row - 1, 0), row + 2);
    const isFree = last < grid.cellsPerRow && around.every((cells) => !cells.slice(beside, last + 1).includes(true));
    if (!isFree) continue;
    for (const cells of around) cells.fill(true, beside, last + 1 + between);
    texts.push(`<text x="${cellX(first)}" y="${rowY(row) + grid.row}">${xmlText(text)}</text>`);
  }
  return `<g class="labels">\n${texts.join('\n')}\n</g>`;
}
