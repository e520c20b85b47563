import type { Document, Node, YAMLError } from 'yaml';
import { DocumentError, type FieldError } from '../protocol/errors.ts';

type Yaml = typeof import('./yaml.ts');

/** Loaded where it is needed: it is not little. */
export const loadYaml = (): Promise<Yaml> => import('./yaml.ts');

/** How YAML is written: readers of YAML 1.1 take `no`, `010` and `2020-01-01` for other things than texts, if not quoted. */
export const forAllReaders = { schema: 'core', compat: 'yaml-1.1' } as const;

const inOtherWords: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'names a key twice',
  MULTIPLE_DOCS: 'has a second YAML document; one is all that is read',
  RESOURCE_EXHAUSTION: 'is nested too deeply',
  TAG_RESOLVE_FAILED: 'has a tag that is not read here; write plain values',
};

/**
 * Reads one YAML 1.2 document of plain data: no aliases, no tags, no key twice.
 * @throws DocumentError naming the line of the first fault
 */
export async function parseYaml(text: string): Promise<Parsed> {
  const yaml = await loadYaml();
  const parsed = yaml.parseDocument(text, { schema: 'core', prettyErrors: false, logLevel: 'error' });
  const fault = [...parsed.errors, ...parsed.warnings][0];
  if (fault) throw faultAt(text, fault.pos[0], inOtherWords[fault.code] ?? `is not YAML: ${fault.message}`);
  refuseAliases(yaml, parsed, text);
  return {
    value: parsed.toJS({ maxAliasCount: 0 }),
    placeOf: (path) => placeAt(text, offsetOf(yaml, parsed.contents, path)),
  };
}

/** A few lines of aliases can stand for gigabytes; nobody needs them here. */
function refuseAliases({ visit }: Yaml, parsed: Document, text: string): void {
  visit(parsed, {
    Alias(_key, { range, source }) {
      throw faultAt(text, range?.[0] ?? 0, `has the alias *${source}; write the value out instead`);
    },
  });
}

const faultAt = (text: string, offset: number, message: string) =>
  new DocumentError([{ field: '', message, ...placeAt(text, offset) }]);

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

/** Where something stands in a text, counted from 1. */
export type Place = Required<Pick<FieldError, 'line' | 'column'>>;

/** The place of the character at this offset. */
export function placeAt(text: string, offset: number): Place {
  const before = text.slice(0, offset).split(/\r\n|[\n\r]/);
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

/** What a text says, and where. */
export interface Parsed {
  value: unknown;
  /** Where the value stands that these keys lead to; as far as they lead. */
  placeOf(path: readonly string[]): Place | Promise<Place>;
}
