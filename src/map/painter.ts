import type { PortKind, TerminalCharacters, TerminalColors } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { kinds, styles } from './kinds.ts';
import { asciiText } from './text-width.ts';

const csi = '\u{1b}[';
const upperHalf = '▀';
const square = '■';

/** Puts colours and marks for kinds of ports into lines of text, as far as the terminal can show them. */
export class Painter {
  readonly #foreground: Partial<Record<PortKind, string>> = {};
  readonly #background: Partial<Record<PortKind, string>> = {};
  readonly #characters: TerminalCharacters;
  /** Whether two rows fit into a line, by colour. */
  readonly hasColors: boolean;

  constructor(colors: TerminalColors, characters: TerminalCharacters) {
    this.#characters = characters;
    this.hasColors = colors !== 'none';
    for (const kind of kinds) {
      this.#foreground[kind] = colorCode(kind, colors, false);
      this.#background[kind] = colorCode(kind, colors, true);
    }
  }

  /** The character that stands for the kind where there are no colours. */
  glyph(kind: PortKind | undefined): string {
    return kind === undefined ? ' ' : styles[kind][this.#characters];
  }

  get ellipsis(): string {
    return this.#characters === 'ascii' ? '...' : '…';
  }

  /** A name as this terminal may be shown it. */
  text(name: string): string {
    return this.#characters === 'ascii' ? asciiText(name) : plainText(name);
  }

  /** What stands before the kind in a legend. */
  swatch(kind: PortKind): string {
    if (!this.hasColors) return this.glyph(kind);
    return `${csi}${this.#foreground[kind]}m${square}${csi}0m`;
  }

  strong(text: string): string {
    return this.hasColors ? `${csi}1m${text}${csi}0m` : text;
  }

  faint(text: string): string {
    return this.hasColors ? `${csi}2m${text}${csi}0m` : text;
  }

  /** What stands in the place of a cell that is ringed. */
  get ring(): string {
    return this.#characters === 'ascii' ? '@' : '◉';
  }

  /** A line of cells: the upper row, and where there are colours the lower one below it. @param rings cells to ring */
  cells(
    upper: readonly (PortKind | undefined)[],
    lower: readonly (PortKind | undefined)[] = [],
    rings: ReadonlySet<number> = new Set(),
  ): string {
    if (!this.hasColors)
      return upper
        .map((kind, cell) => (rings.has(cell) ? this.ring : this.glyph(kind)))
        .join('')
        .trimEnd();
    let line = '';
    let before = '';
    // Only behind the last port is nothing.
    for (const [cell, above] of upper.filter((kind) => kind !== undefined).entries()) {
      if (rings.has(cell)) {
        line += `${csi}0;1;7m${this.ring}`;
        before = '';
        continue;
      }
      const below = lower[cell];
      const sequence = `${csi}0;${this.#foreground[above]}${below ? `;${this.#background[below]}` : ''}m`;
      if (sequence !== before) line += sequence;
      before = sequence;
      line += upperHalf;
    }
    return `${line}${csi}0m`;
  }
}

function colorCode(kind: PortKind, colors: TerminalColors, isBackground: boolean): string {
  const { ansi16, ansi256, dark, terminal = dark } = styles[kind];
  if (colors === 'ansi16') return `${ansi16 + (isBackground ? 10 : 0)}`;
  const which = isBackground ? 48 : 38;
  if (colors === 'ansi256') return `${which};5;${ansi256}`;
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(terminal.slice(at, at + 2), 16));
  return `${which};2;${red};${green};${blue}`;
}
