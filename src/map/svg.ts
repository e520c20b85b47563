import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { formatRange } from '../protocol/ranges.ts';
import { gridOf, placeOf, type Row, runsOf } from './grid.ts';
import { headline } from './headline.ts';
import { grouped, kinds, titleOf } from './kinds.ts';
import { cellX, gridBottom, layout, rowY, styleSheet } from './svg-layout.ts';
import { labels, namesBelow } from './svg-names.ts';
import { tooltips } from './svg-tooltips.ts';
import { cutText, xmlText } from './text-width.ts';

const { grid, width, margin } = layout;

const legendColumns = 4;
const mostWarnings = 3;
const longestWarning = 130;
const warningHeight = 18;
const longestHeadline = 74;
const longestCaption = 60;

/** The map as a picture that needs nothing else: no script, no font, no other file. */
export function renderSvg(
  map: ProtocolMap,
  { ring = [], caption }: Pick<PortMapRendering, 'ring' | 'caption'> = {},
): string {
  const rows = gridOf(map.segments, grid);
  const legend = legendAt(map, gridBottom + 30);
  const names = namesBelow(map, legend.bottom + 34);
  const namesBottom = legend.bottom + (names.height > 0 ? names.height + 22 : 0);
  const warnings = map.warnings ?? [];
  const height = namesBottom + Math.min(warnings.length, mostWarnings) * warningHeight + margin;
  const title = `All ${map.protocol.toUpperCase()} ports`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title summary">`,
    `<title id="title">${title}</title>`,
    `<desc id="summary">${summary(map)}</desc>`,
    styleSheet,
    `<rect class="ground" x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="10"/>`,
    `<text class="title" x="${grid.left}" y="50">${xmlText(cutText(headline(map, ring), longestHeadline, '…'))}</text>`,
    `<text class="faint" x="${grid.left}" y="72">${note(map, caption)}</text>`,
    axes(),
    ...paint(rows),
    labels(map, rows),
    rings(ring),
    legend.text,
    names.text,
    warningsAt(namesBottom + 18, warnings),
    tooltips(map),
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n')}\n`;
}

const note = ({ protocol, dynamicRange }: ProtocolMap, caption: string | undefined): string => {
  const scale = `All ${protocol.toUpperCase()} ports, 1,000 in a row, 5 in a cell. Dynamic range: ${formatRange(dynamicRange)}.`;
  return caption === undefined ? scale : `${scale} ${xmlText(cutText(plainText(caption), longestCaption, '…'))}`;
};

/** Around the cells, wide enough to be found. */
const rings = (ports: readonly number[]): string =>
  ports
    .map((port) => placeOf(port, grid))
    .map(
      ({ row, cell }) =>
        `<circle class="ring" cx="${cellX(cell) + grid.cell / 2}" cy="${rowY(row) + grid.row / 2}" r="9"/>`,
    )
    .join('\n');

function summary({ counts, protocol }: ProtocolMap): string {
  const present = kinds.filter((kind) => counts[kind] > 0).reverse();
  return `${present.map((kind) => `${grouped(counts[kind])} ${titleOf(kind, protocol)}`).join(', ')}.`;
}

/** Each kind as one path: a line for each run of cells. */
function paint(rows: readonly Row[]): string[] {
  const paths = new Map<string, string>();
  for (const [row, cells] of rows.entries()) {
    const at = new Map<string, number>();
    for (const { kind, first, length } of runsOf(cells)) {
      if (kind === undefined) continue;
      const before = at.get(kind);
      const move =
        before === undefined ? `M${cellX(first)} ${rowY(row) + grid.row / 2}` : `m${(first - before) * grid.cell} 0`;
      paths.set(kind, `${paths.get(kind) ?? ''}${move}h${length * grid.cell}`);
      at.set(kind, first + length);
    }
  }
  const drawn = kinds.filter((kind) => paths.has(kind)).map((kind) => `<path class="${kind}" d="${paths.get(kind)}"/>`);
  return [`<g stroke-width="${grid.bar}" fill="none">`, ...drawn, '</g>'];
}

/** The numbers at the left and over the cells: their sum is the port. */
function axes(): string {
  const rows = Array.from({ length: 14 }, (_, index) => index * 5000).map(
    (port) =>
      `<text class="number faint small end" x="${grid.left - 10}" y="${rowY(port / grid.portsPerRow) + grid.row}">${port}</text>`,
  );
  const columns = Array.from({ length: 10 }, (_, index) => index * 100).map((port) => {
    const x = cellX(placeOf(port, grid).cell);
    return `<text class="number faint small" x="${x}" y="${grid.top - 10}">+${port}</text><path class="rule" d="M${x + 0.5} ${grid.top - 6}v4"/>`;
  });
  return [...rows, ...columns].join('\n');
}

/** The kinds there are, with how many ports. */
function legendAt({ counts, protocol }: ProtocolMap, top: number): { text: string; bottom: number } {
  const present = kinds.filter((kind) => counts[kind] > 0).reverse();
  const entries = present.map((kind, index) => {
    const x = cellX((index % legendColumns) * (grid.cellsPerRow / legendColumns));
    const y = legendY(top, index);
    const count = `<tspan class="faint" dx="4">${grouped(counts[kind])}</tspan>`;
    return (
      `<path class="${kind}" stroke-width="12" d="M${x} ${y - 4}h12"/>` +
      `<text x="${x + 19}" y="${y}">${titleOf(kind, protocol)}${count}</text>`
    );
  });
  return { text: entries.join('\n'), bottom: legendY(top, present.length - 1) };
}

const legendY = (top: number, index: number): number => top + Math.floor(index / legendColumns) * 22;

/** What the picture cannot show. */
function warningsAt(top: number, warnings: readonly string[]): string {
  return warnings
    .slice(0, mostWarnings)
    .map((one, index) => {
      const text = xmlText(cutText(plainText(one), longestWarning, '…'));
      return `<text class="faint small" x="${grid.left}" y="${top + index * warningHeight}">${text}</text>`;
    })
    .join('\n');
}
