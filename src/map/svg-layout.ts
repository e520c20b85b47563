/** Where things are on the picture, in its own units. */
export const layout = {
  width: 940,
  /** The cells: 5 ports each, 1,000 in a row, so that a port's number says where it is. */
  grid: { portsPerRow: 1000, cellsPerRow: 200, left: 76, top: 112, cell: 4, row: 7, bar: 6, rowsPerGroup: 5, gap: 3 },
  margin: 28,
} as const;

const { grid } = layout;

export const cellX = (cell: number): number => grid.left + cell * grid.cell;
/** Every five rows a gap, so that rows can be counted. */
export const rowY = (row: number): number => grid.top + row * grid.row + Math.floor(row / grid.rowsPerGroup) * grid.gap;

export const gridBottom = rowY(Math.floor(65_535 / grid.portsPerRow)) + grid.row;
