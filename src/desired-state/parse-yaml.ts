import { setImmediate } from 'node:timers/promises';
import type { Composer, CST, Document, Node } from 'yaml';
import { turns } from '../service/turns.ts';
import { deepestNesting, faultAt, type Parsed, placesAt } from './place.ts';
import { LexemeGuard, type YamlFault } from './yaml-lexemes.ts';

type Yaml = typeof import('./yaml.ts');

/** Loaded where it is needed: it is not little. */
export const loadYaml = (): Promise<Yaml> => import('./yaml.ts');

/** How YAML is written: readers of YAML 1.1 take `no`, `010` and `2020-01-01` for other things than texts, if not quoted. */
export const forAllReaders = { schema: 'core', compat: 'yaml-1.1' } as const;

const inOtherWords: Partial<Record<string, string>> = {
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAG_RESOLVE_FAILED: 'has a tag that is not read here; write plain values',
};

/** Ends the parsing: one fault is enough, and some texts have a hundred thousand. */
class Stop extends Error {
  readonly fault: YamlFault;

  constructor(offset: number, message: string) {
    super(message);
    this.fault = { offset, message };
  }
}

/**
 * Reads one YAML 1.2 document of plain data: no aliases, no tags, no key twice.
 * @throws DocumentError naming the line of the first fault; the signal's reason
 */
export async function parseYaml(text: string, signal?: AbortSignal): Promise<Parsed> {
  const yaml = await loadYaml();
  try {
    const document = compose(yaml, await tokensOf(yaml, text, signal), text.length);
    refuseDoubles(yaml, document.contents);
    await setImmediate();
    return {
      value: document.toJS({ maxAliasCount: 0 }),
      placesOf: (paths) =>
        placesAt(
          text,
          paths.map((path) => offsetOf(yaml, document.contents, path)),
        ),
    };
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    throw faultAt(text, error.fault.offset, error.fault.message);
  }
}

/** The parser takes seconds for what is large, so other events get their turn in between. */
async function tokensOf({ Lexer, Parser }: Yaml, text: string, signal?: AbortSignal): Promise<CST.Token[]> {
  const guard = new LexemeGuard();
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  const turn = turns(signal);
  for (const lexeme of new Lexer().lex(text)) {
    const fault = guard.take(lexeme);
    if (fault) throw new Stop(fault.offset, fault.message);
    for (const token of parser.next(lexeme)) tokens.push(checkedToken(token));
    await turn();
  }
  for (const token of parser.end()) tokens.push(checkedToken(token));
  return tokens;
}

function checkedToken(token: CST.Token): CST.Token {
  if (token.type !== 'error') return token;
  const what = token.source ? `: ${JSON.stringify(token.source)}` : '';
  throw new Stop(token.offset, `is not YAML: ${token.message}${what}`);
}

type ErrorSource = number | [number, ...number[]] | { offset: number };

function compose(yaml: Yaml, tokens: readonly CST.Token[], length: number): Document {
  const composer = new yaml.Composer({ schema: 'core', uniqueKeys: false, logLevel: 'error' });
  stopAtFirst(composer);
  let document: Document | undefined;
  for (const one of composer.compose(tokens, true, length)) {
    if (document) throw new Stop(one.range[0], 'has a second YAML document; one is all that is read');
    document = one as Document;
    const fault = [...one.errors, ...one.warnings][0];
    if (fault) throw new Stop(fault.pos[0], inOtherWords[fault.code] ?? `is not YAML: ${fault.message}`);
  }
  return document!;
}

/** The composer has no option for it, but hands this one function to all of its parts; some catch what it throws. */
function stopAtFirst(composer: Composer): void {
  let first: Stop | undefined;
  const onError = (source: ErrorSource, code: string, message: string) => {
    const offset = typeof source === 'number' ? source : Array.isArray(source) ? source[0] : source.offset;
    first ??= new Stop(offset, inOtherWords[code] ?? `is not YAML: ${message}`);
    throw first;
  };
  if (typeof Reflect.get(composer, 'onError') !== 'function') throw new Error('yaml has no onError any more');
  Reflect.set(composer, 'onError', onError);
}

/** The package compares each key with each other; a set does not. */
function refuseDoubles({ isMap, isScalar, isSeq }: Yaml, root: unknown): void {
  const look = (node: unknown, depth: number): void => {
    if (depth > deepestNesting) return;
    if (isSeq(node)) for (const item of node.items) look(item, depth + 1);
    if (!isMap(node)) return;
    const keys = new Set<string>();
    for (const { key, value } of node.items) {
      if (isScalar(key)) {
        const name = String(key.value);
        if (keys.has(name)) throw new Stop(key.range?.[0] ?? 0, 'names a key twice');
        keys.add(name);
      }
      look(value, depth + 1);
    }
  };
  look(root, 0);
}

function offsetOf({ isMap, isScalar, isSeq }: Yaml, root: Node | null, path: readonly string[]): number {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    let next: { marked: unknown; value: unknown } | undefined;
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => String(isScalar(key) ? key.value : key) === step);
      if (pair) next = { marked: pair.key, value: pair.value };
    } else if (isSeq(node)) {
      const value = node.items[Number(step)];
      next = { marked: value, value };
    }
    if (!next) break;
    offset = (next.marked as Node | undefined)?.range?.[0] ?? offset;
    node = next.value;
  }
  return offset;
}
