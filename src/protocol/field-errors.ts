import type { FieldError } from './errors.ts';
import type { FieldFault } from './generated/validators/validator.ts';

interface Schema {
  /** What a pattern allows, in words. */
  'x-allowed'?: string;
  type?: string | string[];
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  anyOf?: { required?: string[] }[];
}

/** A peer can send any number of wrong fields; nobody reads more than these. */
const mostErrors = 20;
const longestName = 60;

/** One field's fault in words, and the keys that lead to it. */
export interface PathError extends FieldError {
  path: string[];
}

/** The keys that lead to a field, as one text. */
export const joinedPath = (path: readonly string[]): string => path.map(clip).join('.');

/**
 * The faults a validator found, in words and one for each field, with the keys that lead to it: a key itself may hold any
 * character. Values are not repeated: they may be huge.
 *
 * @param noun what a key is called
 */
export function pathErrors(faults: readonly FieldFault[], noun: string): PathError[] {
  const of = (keyword: string) =>
    faults.filter((fault) => fault.keyword === keyword).map((fault) => fault.instancePath);
  const alternatives = new Set(of('anyOf'));
  const choices = of('oneOf');
  const byField = new Map<string, PathError>();
  for (const fault of faults) {
    const { keyword, instancePath, parentSchema } = fault;
    const isBranch = keyword === 'required' && alternatives.has(instancePath);
    if (isBranch && parentSchema && !('properties' in parentSchema)) continue;
    // What each of the choices lacks says less than what they are.
    if (keyword !== 'oneOf' && choices.some((path) => `${instancePath}/`.startsWith(`${path}/`))) continue;
    const path = pathOf(fault);
    const field = joinedPath(path);
    if (!byField.has(field)) byField.set(field, { path, field, message: inWords(fault, noun) });
    if (byField.size === mostErrors) break;
  }
  return [...byField.values()];
}

function pathOf({ instancePath, keyword, params }: FieldFault): string[] {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') path.push(String(params.missingProperty));
  if (keyword === 'additionalProperties') path.push(String(params.additionalProperty));
  return path;
}

function inWords({ keyword, params, parentSchema = {}, message }: FieldFault, noun: string): string {
  const schema = parentSchema as Schema;
  switch (keyword) {
    case 'additionalProperties':
      return `is not a known ${noun}`;
    case 'required':
      return 'is required';
    case 'enum':
      return `must be one of ${(params.allowedValues as unknown[]).join(', ')}`;
    case 'minimum':
    case 'maximum':
      return `must be ${bounds(schema)}`;
    case 'minLength':
    case 'maxLength':
      return `must be ${characters(schema)}`;
    case 'minItems':
      return 'must not be empty';
    case 'maxItems':
      return `must have at most ${params.limit} items`;
    case 'uniqueItems':
      return 'must not name the same twice';
    case 'pattern':
    case 'oneOf':
      return schema['x-allowed'] ?? 'is not of the form the protocol document gives';
    case 'type':
      return mustBeOfType(schema);
    case 'anyOf':
      return `needs ${(schema.anyOf ?? []).map(({ required = [] }) => required.join(' and ')).join(', or ')}`;
    default:
      return message ?? 'is not valid';
  }
}

function mustBeOfType(schema: Schema): string {
  const words = schema['x-allowed'];
  if (words?.startsWith('must be ')) return words;
  const types = [schema.type ?? []].flat().map((type) => {
    if (type === 'integer') return `a whole number, ${bounds(schema)}`;
    if (type === 'string') return schema.maxLength === undefined ? 'a string' : `a string, ${characters(schema)}`;
    return type === 'null' ? 'null' : `${type === 'boolean' ? 'a' : 'an'} ${type}`;
  });
  return `must be ${types.join(', or ')}`;
}

const bounds = ({ minimum, maximum }: Schema) =>
  maximum === undefined ? `at least ${minimum}` : `${minimum} to ${maximum}`;

const characters = ({ minLength, maxLength }: Schema) =>
  minLength === undefined ? `at most ${maxLength} characters` : `${minLength} to ${maxLength} characters`;

const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');
const clip = (name: string) => (name.length > longestName ? `${name.slice(0, longestName)}...` : name);
