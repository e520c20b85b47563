/** What is told of a JSON text while it is walked through. */
export interface JsonVisitor {
  /** A value begins, with the keys that lead to it; `offset` is where its key stands, or the value itself in a list. */
  value?(pointer: string, offset: number): void;
  /** An object has a key that it has already. */
  twice?(offset: number): void;
}

interface Level {
  pointer: string;
  /** The keys of an object so far; undefined in a list. */
  keys: Set<string> | undefined;
  index: number;
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

const space = /[ \t\n\r]*/y;
const literal = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
const textPart = /[ !#-[\]-\uffff]*/y;
const escaped = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where the match of a sticky expression ends; undefined where it does not fit. */
function endOf(expression: RegExp, text: string, start: number): number | undefined {
  expression.lastIndex = start;
  return expression.test(text) ? expression.lastIndex : undefined;
}

/** Where the text that begins here ends; negative: where it is wrong. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  for (;;) {
    at = endOf(textPart, text, at)!;
    if (text[at] === '"') return at + 1;
    const next = endOf(escaped, text, at);
    if (next === undefined) return -at;
    at = next;
  }
}

/** A key as a part of a pointer. */
export const pointerPart = (key: string): string => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/**
 * Walks through a JSON text and tells what is where. JSON.parse knows no places, nor keys that are lost to others.
 * @returns where the first thing stands that is no JSON; undefined where all is
 */
export function walkJson(text: string, visitor: JsonVisitor = {}): number | undefined {
  const levels: Level[] = [];
  let expected: Expected = 'value';
  let pointer = '';
  let keyAt: number | undefined;
  let at = 0;
  for (;;) {
    at = endOf(space, text, at)!;
    const character = text[at];
    const level = levels.at(-1);
    if (character === undefined) return expected === 'nothing' ? undefined : at;
    if (expected === 'colon') {
      if (character !== ':') return at;
      at++;
      expected = 'value';
      continue;
    }
    const isEnd = character === (level?.keys ? '}' : ']');
    if (level && isEnd && expected.endsWith('or end')) {
      levels.pop();
      at++;
      expected = levels.length > 0 ? 'comma or end' : 'nothing';
      continue;
    }
    if (expected === 'comma or end') {
      if (character !== ',') return at;
      at++;
      expected = level!.keys ? 'key' : 'value';
      continue;
    }
    if (expected === 'key' || expected === 'key or end') {
      const end = character === '"' ? endOfText(text, at) : -at;
      if (end <= 0) return -end;
      const key: string = JSON.parse(text.slice(at, end));
      if (level!.keys!.has(key)) visitor.twice?.(at);
      level!.keys!.add(key);
      pointer = level!.pointer + pointerPart(key);
      keyAt = at;
      at = end;
      expected = 'colon';
      continue;
    }
    if (expected === 'nothing') return at;
    if (level && !level.keys) pointer = `${level.pointer}/${level.index++}`;
    visitor.value?.(pointer, keyAt ?? at);
    keyAt = undefined;
    if (character === '{' || character === '[') {
      levels.push({ pointer, keys: character === '{' ? new Set() : undefined, index: 0 });
      at++;
      expected = character === '{' ? 'key or end' : 'value or end';
      continue;
    }
    const end = character === '"' ? endOfText(text, at) : (endOf(literal, text, at) ?? -at);
    if (end < 0 || (end === 0 && at === 0)) return -end;
    at = end;
    expected = levels.length > 0 ? 'comma or end' : 'nothing';
  }
}
