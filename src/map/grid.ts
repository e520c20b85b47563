import type { PortKind, PortMapSegment } from '../protocol/generated/contract.ts';
import { endPort } from '../protocol/ranges.ts';
import { rank } from './kinds.ts';

const numberOfPorts = 65_536;

/** A row of cells; a cell is undefined where no port is. */
export type Row = (PortKind | undefined)[];

export interface GridShape {
  portsPerRow: number;
  cellsPerRow: number;
  /** The first port that has a cell; 0 if absent. */
  from?: number;
  /** The first port behind the last row; behind all if absent. */
  to?: number;
}

/** The row that the port is in, and the cell of that row. */
export function placeOf(
  port: number,
  { portsPerRow, cellsPerRow, from = 0 }: GridShape,
): { row: number; cell: number } {
  const row = Math.floor((port - from) / portsPerRow);
  return { row, cell: Math.floor(((port - from - row * portsPerRow) * cellsPerRow) / portsPerRow) };
}

/** All ports in rows of cells. Of the ports in a cell the most remarkable one is shown. */
export function gridOf(segments: readonly PortMapSegment[], shape: GridShape): Row[] {
  const { from = 0, to = numberOfPorts } = shape;
  const rows: Row[] = Array.from({ length: Math.ceil((to - from) / shape.portsPerRow) }, () =>
    new Array<PortKind | undefined>(shape.cellsPerRow).fill(undefined),
  );
  for (const { range, kind } of segments) {
    if (endPort(range) < from || range.startPort >= to) continue;
    const first = placeOf(Math.max(range.startPort, from), shape);
    const last = placeOf(Math.min(endPort(range), to - 1), shape);
    for (let row = first.row; row <= last.row; row++) {
      const cells = rows[row]!;
      const to = row === last.row ? last.cell : shape.cellsPerRow - 1;
      for (let cell = row === first.row ? first.cell : 0; cell <= to; cell++) {
        const there = cells[cell];
        if (there === undefined || rank(there) < rank(kind)) cells[cell] = kind;
      }
    }
  }
  return rows;
}

/** Equal neighbours of a row. */
export interface Run {
  kind: PortKind | undefined;
  first: number;
  length: number;
}

/** The row as runs of equal cells, from left to right. */
export function runsOf(row: Row): Run[] {
  const runs: Run[] = [];
  for (const [cell, kind] of row.entries()) {
    const last = runs.at(-1);
    if (last && last.kind === kind) last.length++;
    else runs.push({ kind, first: cell, length: 1 });
  }
  return runs;
}
