import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { endPort, formatRange, holdsPort, maximumPort } from '../protocol/ranges.ts';
import { firstHighPort, foldedRows } from './folded.ts';
import { type GridShape, gridOf, placeOf } from './grid.ts';
import { aboutPort } from './headline.ts';
import { grouped, kinds, titleOf } from './kinds.ts';
import { namesText } from './names-text.ts';
import { Painter } from './painter.ts';
import { cutText } from './text-width.ts';

const portsPerLine = 4000;
/** A line of the folded layout. */
const foldedPorts = { low: 1000, high: 5000 };
const tickSteps = [500, 1000, 2000];
const tickRoom = 7;

const left = 7; // one blank, five digits, one blank
const right = 1;
const gap = 3;

/** The map for a terminal. With colours a line has two rows, one above the other. */
export function renderText(map: ProtocolMap, options: Omit<PortMapRendering, 'format'>): string {
  const { columns = 80, colors = 'none', characters = 'unicode', ring = [], layout, caption } = options;
  const painter = new Painter(colors, characters);
  const cellsPerRow = columns - left - right;
  const portsPerRow = layout === 'folded' ? foldedPorts.low : painter.hasColors ? portsPerLine / 2 : portsPerLine;
  const drawn =
    layout === 'folded'
      ? foldedLines(map, painter, { cellsPerRow, ring })
      : evenLines(map, painter, { cellsPerRow, portsPerRow, ring });
  const lines = [
    ` ${painter.strong(`All ${map.protocol.toUpperCase()} ports`)}${painter.faint(`  dynamic range ${formatRange(map.dynamicRange)}`)}`,
    '',
    painter.faint(axis(portsPerRow, cellsPerRow)),
  ];
  lines.push(...drawn);
  const text = layout === 'folded' ? foldedScale(cellsPerRow) : scale(portsPerRow, cellsPerRow, painter);
  const note = painter.faint(cutText(text, columns, painter.ellipsis));
  if (caption !== undefined) lines[0] = cutText(`${lines[0]}  ${painter.text(caption)}`, columns, painter.ellipsis);
  const rings = ring.map((port) =>
    cutText(` ${painter.ring} ${painter.text(aboutPort(port, map))}`, columns, painter.ellipsis),
  );
  if (rings.length > 0) lines.push('', ...rings.map((line) => painter.strong(line)));
  lines.push('', ...legend(map, painter, columns), note, ...namesText(map, painter, columns));
  return lines.join('\n');
}

interface Drawing {
  cellsPerRow: number;
  ring: readonly number[];
}

/** The ringed cells of the rows. */
const ringed = (ring: readonly number[], shape: GridShape, rows: readonly number[]): Set<number> =>
  new Set(ring.map((port) => placeOf(port, shape)).flatMap(({ row, cell }) => (rows.includes(row) ? [cell] : [])));

function evenLines(
  { segments }: ProtocolMap,
  painter: Painter,
  { ring, ...shape }: Drawing & { portsPerRow: number },
): string[] {
  const rows = gridOf(segments, shape);
  const lines: string[] = [];
  for (let line = 0; line * portsPerLine < 65_536; line++) {
    const label = String(line * portsPerLine).padStart(left - 2);
    const which = painter.hasColors ? [2 * line, 2 * line + 1] : [line];
    const [upper, lower] = which.map((row) => rows[row]);
    lines.push(` ${painter.faint(label)} ${painter.cells(upper!, lower, ringed(ring, shape, which))}`);
  }
  return lines;
}

function foldedLines({ segments, protocol }: ProtocolMap, painter: Painter, { ring, cellsPerRow }: Drawing): string[] {
  return foldedRows(segments, { ...foldedPorts, cellsPerRow }, ring).map(({ range, cells, fold }) => {
    const label = ` ${painter.faint(String(range.startPort).padStart(left - 2))} `;
    if (fold) {
      return (
        label +
        painter.faint(`${painter.ellipsis} ${titleOf(fold, protocol)} to ${Math.min(endPort(range), maximumPort)}`)
      );
    }
    const portsPerRow = range.startPort < firstHighPort ? foldedPorts.low : foldedPorts.high;
    const shape = { portsPerRow, cellsPerRow, from: range.startPort };
    return (
      label +
      painter.cells(
        cells,
        cells,
        ringed(
          ring.filter((port) => holdsPort(range, port)),
          shape,
          [0],
        ),
      )
    );
  });
}

function foldedScale(cellsPerRow: number): string {
  const [low, high] = [foldedPorts.low, foldedPorts.high].map((ports) => Math.ceil(ports / cellsPerRow));
  return ` A cell shows the most remarkable of up to ${low} ports, from ${firstHighPort} on of up to ${high}.`;
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
