import type { PortKind, PortMapSegment, ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { endPort, maximumPort } from '../protocol/ranges.ts';
import { firstHighPort, foldedRows } from './folded.ts';
import { headline } from './headline.ts';
import { kinds, rank, titleOf } from './kinds.ts';
import { aboutHolder, excludedBy, reservedAs } from './named-ports.ts';
import { cutText } from './text-width.ts';

/** How the page lays its rows out. */
const pageShape = { low: 500, high: 3000, cellsPerRow: 250 };
const longestText = 100;

/** A map as the script of the page reads it. */
export interface PageMap {
  protocol: string;
  headline: string;
  /** Start, number of ports, ports in a whole row, and the kind of rows that were folded, or -1. */
  rows: [number, number, number, number][];
  /** `length.kind.text` in base 36 for each piece, from port 1 on, with blanks between; the text is a number of `texts`, or absent. */
  pieces: string;
  texts: string[];
  /** By kind. */
  counts: number[];
  titles: string[];
  warnings: string[];
  /** How many ports share a piece where there was no room for each. */
  unit: number;
}

interface Piece {
  length: number;
  kind: PortKind;
  text?: string;
}

/** The map in at most so many bytes: of too many ports neighbours share a piece. */
export function pageMap(map: ProtocolMap, ring: readonly number[], mostBytes: number): PageMap {
  const rows = foldedRows(map.segments, pageShape, ring).map(({ range, fold }): [number, number, number, number] => [
    range.startPort,
    range.numberOfPorts,
    range.startPort < firstHighPort ? pageShape.low : pageShape.high,
    fold === undefined ? -1 : kinds.indexOf(fold),
  ]);
  const common = {
    protocol: map.protocol,
    headline: headline(map, ring),
    rows,
    counts: kinds.map((kind) => map.counts[kind]),
    titles: kinds.map((kind) => titleOf(kind, map.protocol)),
    warnings: (map.warnings ?? []).slice(0, 5).map((one) => cutText(plainText(one), 200, '…')),
  };
  for (const unit of [1, 2, 5, 10, 20, 50]) {
    const page = { ...common, ...packed(unit === 1 ? exactly(map.segments) : shared(map.segments, unit)), unit };
    if (Buffer.byteLength(JSON.stringify(page)) <= mostBytes) return page;
  }
  const bare = shared(map.segments, 100).map(({ length, kind }) => ({ length, kind }));
  return { ...common, ...packed(bare), unit: 100 };
}

function packed(pieces: readonly Piece[]): Pick<PageMap, 'pieces' | 'texts'> {
  const texts = new Map<string, number>();
  const words = pieces.map(({ length, kind, text }) => {
    const word = `${length.toString(36)}.${kinds.indexOf(kind)}`;
    if (text === undefined) return word;
    const index = texts.get(text) ?? texts.size;
    texts.set(text, index);
    return `${word}.${index.toString(36)}`;
  });
  return { pieces: words.join(' '), texts: [...texts.keys()] };
}

const exactly = (segments: readonly PortMapSegment[]): Piece[] =>
  segments.map((segment) => {
    const text = textOf(segment);
    return { length: segment.range.numberOfPorts, kind: segment.kind, ...(text !== undefined && { text }) };
  });

/** Of each so many ports the most remarkable kind, with how many pieces it stands for. */
function shared(segments: readonly PortMapSegment[], unit: number): Piece[] {
  const pieces: (Piece & { of: number })[] = [];
  const last = Math.floor(maximumPort / unit);
  for (let index = 0; index <= last; index++) {
    const from = Math.max(1, index * unit);
    const length = Math.min(maximumPort, (index + 1) * unit - 1) - from + 1;
    pieces.push({ length, kind: 'free', of: 0 });
  }
  for (const segment of segments) {
    const first = Math.floor(segment.range.startPort / unit);
    for (let index = first; index <= Math.floor(endPort(segment.range) / unit); index++) {
      const piece = pieces[index]!;
      if (rank(segment.kind) < rank(piece.kind)) continue;
      const text = textOf(segment);
      if (piece.kind !== segment.kind || piece.text === undefined) {
        pieces[index] = { length: piece.length, kind: segment.kind, of: 1, ...(text !== undefined && { text }) };
      } else piece.of++;
    }
  }
  return pieces.map(({ of, text, ...piece }) => ({
    ...piece,
    ...(text !== undefined && { text: of > 1 ? `${text} and others` : text }),
  }));
}

/** What is known beyond the kind. */
function textOf({ kind, holders = [], reservation, exclusion }: PortMapSegment): string | undefined {
  const parts: string[] = [];
  if (kind === 'listening' || kind === 'inUse') {
    const who = holders.filter(({ state }) => kind === 'inUse' || state === 'listening');
    parts.push([...new Set(who.map(aboutHolder))].join(', '));
  }
  if (reservation) {
    const { name, note } = reservedAs(reservation);
    parts.push(note ? `${name} (${note})` : name);
  } else if (exclusion) {
    const { name, effect } = excludedBy(exclusion);
    parts.push(exclusion.own && exclusion.name ? `${name} (${effect})` : `by ${name}, ${effect}`);
  }
  const text = plainText(parts.filter(Boolean).join('; '));
  return text === '' ? undefined : cutText(text, longestText, '…');
}
