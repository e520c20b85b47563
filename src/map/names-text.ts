import type { ProtocolMap } from '../protocol/generated/contract.ts';
import { formatRange } from '../protocol/ranges.ts';
import { titleOf } from './kinds.ts';
import { type Excluder, type NamedPorts, namedThings } from './named-ports.ts';
import type { Painter } from './painter.ts';
import { cutText, textWidth } from './text-width.ts';

/** How many lines each section may take; what is left is counted. */
const mostLines = 6;
const linesOfExcluder = 2;
const gap = 3;
const longestName = 24;
const mostPerLine = 8;

/** Under the map: who listens, what is reserved, who excluded what, as far as there is room. */
export function namesText(map: ProtocolMap, painter: Painter, columns: number): string[] {
  const { listening, reserved, kept, excluders } = namedThings(map);
  return [
    ...section(titleOf('listening', map.protocol), inColumns(listening, painter, columns), painter),
    ...section('reserved', inLines(reserved, painter, columns), painter),
    ...section('kept out of automatic choice', inLines(kept, painter, columns), painter),
    ...section('excluded', byExcluder(excluders, painter, columns), painter),
  ];
}

interface Listed {
  lines: string[];
  /** How many things have no line. */
  left: number;
}

function section(title: string, { lines, left }: Listed, painter: Painter): string[] {
  if (lines.length === 0) return [];
  const more = left > 0 ? [painter.faint(` and ${left} more`)] : [];
  return ['', ` ${painter.strong(title[0]!.toUpperCase() + title.slice(1))}`, ...lines, ...more];
}

interface Cell {
  ports: string;
  name: string;
}

/** Ports and names side by side, to be read downwards; as many columns as fit. */
function inColumns(things: readonly NamedPorts[], painter: Painter, columns: number): Listed {
  const cells = things.map(
    ({ range, name }): Cell => ({
      ports: formatRange(range),
      name: cutText(painter.text(name), longestName, painter.ellipsis),
    }),
  );
  for (let perLine = mostPerLine; ; perLine--) {
    const count = Math.min(mostLines, Math.ceil(cells.length / perLine));
    const shown = cells.slice(0, count * perLine);
    const lines = sideBySide(shown, count);
    if (perLine === 1 || lines.every((line) => textWidth(line) <= columns)) {
      return { lines, left: cells.length - shown.length };
    }
  }
}

function sideBySide(cells: readonly Cell[], count: number): string[] {
  const lines = new Array<string>(count).fill('');
  for (let first = 0; first < cells.length; first += count) {
    const some = cells.slice(first, first + count);
    const ports = Math.max(5, ...some.map((one) => one.ports.length));
    const names = Math.max(...some.map(({ name }) => textWidth(name)));
    for (const [line, { ports: number, name }] of some.entries()) {
      lines[line] += ` ${number.padStart(ports)} ${name}${' '.repeat(names - textWidth(name) + gap - 1)}`;
    }
  }
  return lines.map((line) => line.trimEnd());
}

/** One line each, with all that is known. */
function inLines(things: readonly NamedPorts[], painter: Painter, columns: number): Listed {
  const ports = Math.max(5, ...things.map(({ range }) => formatRange(range).length));
  const lines = things.slice(0, mostLines).map(({ range, name, note }) => {
    const text = painter.text(note ? `${name} (${note})` : name);
    return cutText(` ${formatRange(range).padStart(ports)} ${text}`, columns, painter.ellipsis);
  });
  return { lines, left: things.length - lines.length };
}

/** Whose and what that means, and below it the ranges. */
function byExcluder(excluders: readonly Excluder[], painter: Painter, columns: number): Listed {
  const most = Math.floor(mostLines / (1 + linesOfExcluder)) + 1;
  const lines = excluders.slice(0, most).flatMap(({ name, effect, source, ranges }) => {
    const head = cutText(` by ${painter.text(name)}, ${effect} (${painter.text(source)})`, columns, painter.ellipsis);
    return [head, ...wrapped(ranges.map(formatRange), columns)];
  });
  return { lines, left: Math.max(0, excluders.length - most) };
}

function wrapped(words: readonly string[], columns: number): string[] {
  const indent = '   ';
  const lines = [indent];
  for (const [index, word] of words.entries()) {
    const left = words.length - index;
    const line = `${lines.at(-1)}${lines.at(-1) === indent ? '' : ', '}${word}`;
    const isLast = lines.length === linesOfExcluder;
    const rest = isLast ? ` and ${left} more`.length : 0;
    // A comma or the count of what is left follows.
    if (line.length + (left > 1 ? rest : 0) < columns) lines[lines.length - 1] = line;
    else if (isLast) return [...lines.slice(0, -1), `${lines.at(-1)} and ${left} more`];
    else lines.splice(-1, 1, `${lines.at(-1)},`, indent + word);
  }
  return lines;
}
