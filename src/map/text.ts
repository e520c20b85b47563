import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { formatRange } from '../protocol/ranges.ts';
import { gridOf } from './grid.ts';
import { kinds, titleOf } from './kinds.ts';
import { namesText } from './names-text.ts';
import { Painter } from './painter.ts';
import { cutText } from './text-width.ts';

const portsPerLine = 4000;
const tickSteps = [500, 1000, 2000];
const tickRoom = 7;

const left = 7; // one blank, five digits, one blank
const right = 1;
const gap = 3;

/** A number as people write it. */
export const grouped = (value: number): string => value.toLocaleString('en-US');

/** The map for a terminal. With colours a line has two rows, one above the other. */
export function renderText(map: ProtocolMap, options: Omit<PortMapRendering, 'format'>): string {
  const { columns = 80, colors = 'none', characters = 'unicode' } = options;
  const painter = new Painter(colors, characters);
  const cellsPerRow = columns - left - right;
  const portsPerRow = painter.hasColors ? portsPerLine / 2 : portsPerLine;
  const rows = gridOf(map.segments, { portsPerRow, cellsPerRow });

  const lines = [
    ` ${painter.strong(`All ${map.protocol.toUpperCase()} ports`)}${painter.faint(`  dynamic range ${formatRange(map.dynamicRange)}`)}`,
    '',
    painter.faint(axis(portsPerRow, cellsPerRow)),
  ];
  for (let line = 0; line * portsPerLine < 65_536; line++) {
    const label = String(line * portsPerLine).padStart(left - 2);
    const [upper, lower] = painter.hasColors ? [rows[2 * line]!, rows[2 * line + 1]] : [rows[line]!];
    lines.push(` ${painter.faint(label)} ${painter.cells(upper!, lower)}`);
  }
  const note = painter.faint(cutText(scale(portsPerRow, cellsPerRow, painter), columns, painter.ellipsis));
  lines.push('', ...legend(map, painter, columns), note, ...namesText(map, painter, columns));
  return lines.join('\n');
}

function scale(portsPerRow: number, cellsPerRow: number, painter: Painter): string {
  const ports = Math.ceil(portsPerRow / cellsPerRow);
  const rows = painter.hasColors ? '; a line has 2 rows' : '';
  return ` A cell shows the most remarkable of up to ${ports} ports${rows}.`;
}

/** The numbers over the cells, to be added to the one before the line. */
function axis(portsPerRow: number, cellsPerRow: number): string {
  const wide = (step: number) => (step * cellsPerRow) / portsPerRow >= tickRoom;
  const step = tickSteps.find(wide) ?? portsPerRow;
  let line = ' '.repeat(left);
  for (let port = 0; port < portsPerRow; port += step) {
    const at = left + Math.floor((port * cellsPerRow) / portsPerRow);
    line = `${line.padEnd(at)}+${port}`;
  }
  return line;
}

/** The kinds there are, with how many ports. */
function legend({ counts, protocol }: ProtocolMap, painter: Painter, columns: number): string[] {
  const lines = [''];
  let left = columns;
  for (const kind of kinds.filter((one) => counts[one] > 0).reverse()) {
    const text = `${titleOf(kind, protocol)} ${grouped(counts[kind])}`;
    const width = text.length + 2 + gap;
    if (width - gap >= left) [left] = [columns, lines.push('')];
    lines[lines.length - 1] += `${left === columns ? ' ' : ' '.repeat(gap)}${painter.swatch(kind)} ${text}`;
    left -= width;
  }
  return lines;
}
