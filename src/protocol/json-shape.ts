/** How much there is in a JSON text, as far as that can be told without parsing it: wrong ones have a shape too. */
export interface JsonShape {
  /** The most brackets that are open at once. */
  depth: number;
  /** The offset of the bracket that is one too many; undefined where none is. */
  tooDeepAt: number | undefined;
  /** The values, at least: commas and open brackets outside of texts. */
  values: number;
}

const quote = 0x22;
const comma = 0x2c;
const openList = 0x5b;
const backslash = 0x5c;
const closeList = 0x5d;
const openObject = 0x7b;
const closeObject = 0x7d;

/** Looks at each byte once: parsing what is nested or split very much takes a hundred times as long. */
export function shapeOf(json: Uint8Array, deepest: number): JsonShape {
  const shape: JsonShape = { depth: 0, tooDeepAt: undefined, values: 0 };
  let open = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (isText) {
      if (byte === backslash) at++;
      else if (byte === quote) isText = false;
    } else if (byte === quote) isText = true;
    else if (byte === comma) shape.values++;
    else if (byte === closeList || byte === closeObject) open--;
    else if (byte === openList || byte === openObject) {
      shape.values++;
      open++;
      if (open > shape.depth) shape.depth = open;
      if (open > deepest) shape.tooDeepAt ??= at;
    }
  }
  return shape;
}

/** The text or number that the outermost object has under this key, without the rest being parsed. */
export function outermost(json: Buffer, key: string): string | number | undefined {
  const wanted = Buffer.from(JSON.stringify(key));
  let open = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === openList || byte === openObject) open++;
    else if (byte === closeList || byte === closeObject) open--;
    else if (byte === quote) {
      const end = endOfText(json, at);
      const isKey = open === 1 && end - at === wanted.length && wanted.equals(json.subarray(at, end));
      const value = isKey ? /^\s*:\s*(["\d-])/.exec(json.toString('latin1', end, end + 100)) : null;
      if (value) return scalarAt(json, end + value[0].length - 1);
      at = end - 1;
    }
  }
  return undefined;
}

function endOfText(json: Buffer, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== quote) at += json[at] === backslash ? 2 : 1;
  return at + 1;
}

function scalarAt(json: Buffer, start: number): string | number | undefined {
  const isText = json[start] === quote;
  const end = isText
    ? endOfText(json, start)
    : start + json.toString('latin1', start, start + 40).search(/[^\d.eE+-]|$/);
  try {
    return JSON.parse(json.toString('utf8', start, end));
  } catch {
    return undefined;
  }
}
