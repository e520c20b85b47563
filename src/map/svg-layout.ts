import { kinds, styles } from './kinds.ts';

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

const rules = (theme: 'light' | 'dark'): string =>
  kinds.map((kind) => `.${kind}{stroke:${styles[kind][theme]}}`).join('');

/** Light, and dark for those who ask their system for it. */
export const styleSheet = `<style>
text{font:12px ui-sans-serif,system-ui,"Segoe UI",Helvetica,Arial,sans-serif;fill:#24292f}
.number{font-family:ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.title{font-size:22px;font-weight:600}.head{font-weight:600}.faint{fill:#59636e}.small{font-size:11px}.end{text-anchor:end}.labels text{font-size:10px}
.ground{fill:#fff;stroke:#d8dee4}.rule{stroke:#8c959f;fill:none}.ring{fill:none;stroke:#d1006c;stroke-width:2.5}.halo{paint-order:stroke;stroke:#fff;stroke-width:4px}
.tips{fill-opacity:0;pointer-events:all}.tips path:hover{stroke:#d1006c;stroke-width:2}
${rules('light')}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}.ground{fill:#0d1117;stroke:#30363d}.rule{stroke:#6e7681}.ring{stroke:#ff7fc4}.halo{stroke:#0d1117}
.tips path:hover{stroke:#ff7fc4}
${rules('dark')}}
</style>`;
