import type { PortKind, PortMapSegment, PortRange } from '../protocol/generated/contract.ts';
import { endPort, holdsPort } from '../protocol/ranges.ts';
import { gridOf, type Row } from './grid.ts';

/** Below are the ports that people know and name. */
export const firstHighPort = 10_000;
const allPorts = 65_536;

/** A row of the map; several that are all the same make one. */
export interface FoldedRow {
  range: PortRange;
  cells: Row;
  /** What all ports are of the rows that were folded into this one. */
  fold?: PortKind;
}

/** How many ports a row has, below 10000 and from there on. */
export interface FoldedShape {
  low: number;
  high: number;
  cellsPerRow: number;
}

const dull: readonly PortKind[] = ['free', 'inDynamicRange'];

/** The ports below 10000 with as much area as all others; whole rows that are the same are folded, but for those with ports of `ring`. */
export function foldedRows(
  segments: readonly PortMapSegment[],
  { low, high, cellsPerRow }: FoldedShape,
  ring: readonly number[] = [],
): FoldedRow[] {
  const kindOf = ({ range, cells }: FoldedRow) =>
    ring.some((port) => holdsPort(range, port)) ? undefined : onlyKindOf(cells);
  const rows = [
    ...rowsBetween(segments, { from: 0, to: firstHighPort, portsPerRow: low, cellsPerRow }),
    ...rowsBetween(segments, { from: firstHighPort, to: allPorts, portsPerRow: high, cellsPerRow }),
  ];
  const folded: FoldedRow[] = [];
  for (const row of rows) {
    const kind = kindOf(row);
    const last = folded.at(-1);
    if (kind === undefined || !last || kindOf(last) !== kind || row.range.startPort === firstHighPort) {
      folded.push(row);
      continue;
    }
    const numberOfPorts = endPort(row.range) - last.range.startPort + 1;
    folded[folded.length - 1] = { ...last, range: { ...last.range, numberOfPorts }, fold: kind };
  }
  return folded;
}

function rowsBetween(
  segments: readonly PortMapSegment[],
  shape: { from: number; to: number; portsPerRow: number; cellsPerRow: number },
): FoldedRow[] {
  const { from, to, portsPerRow } = shape;
  return gridOf(segments, shape).map((cells, index) => {
    const startPort = from + index * portsPerRow;
    return { range: { startPort, numberOfPorts: Math.min(portsPerRow, to - startPort) }, cells };
  });
}

/** The kind that the whole row is, where that is nothing to look at. */
function onlyKindOf(cells: Row): PortKind | undefined {
  const there = cells.filter((kind) => kind !== undefined);
  const [first] = there;
  return first !== undefined && dull.includes(first) && there.every((kind) => kind === first) ? first : undefined;
}
