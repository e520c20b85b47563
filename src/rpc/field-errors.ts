import type { FieldError } from '../protocol/errors.ts';
import type { FieldFault } from '../protocol/generated/validators.js';

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

/** The faults a validator found, in words and one for each field. Values are not repeated: they may be huge. */
export function fieldErrors(faults: readonly FieldFault[]): FieldError[] {
  const alternatives = faults.filter(({ keyword }) => keyword === 'anyOf').map(({ instancePath }) => instancePath);
  const byField = new Map<string, FieldError>();
  for (const fault of faults) {
    const isBranch = fault.keyword === 'required' && alternatives.includes(fault.instancePath);
    if (isBranch && fault.parentSchema && !('properties' in fault.parentSchema)) continue;
    const field = fieldOf(fault);
    if (!byField.has(field)) byField.set(field, { field, message: inWords(fault) });
    if (byField.size === mostErrors) break;
  }
  return [...byField.values()];
}

function fieldOf({ instancePath, keyword, params }: FieldFault): string {
  const path = instancePath.split('/').slice(1).map(unescapePointer);
  if (keyword === 'required') path.push(String(params.missingProperty));
  if (keyword === 'additionalProperties') path.push(clip(String(params.additionalProperty)));
  return path.join('.');
}

function inWords({ keyword, params, parentSchema = {}, message }: FieldFault): string {
  const schema = parentSchema as Schema;
  switch (keyword) {
    case 'additionalProperties':
      return 'is not a known parameter';
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
    case 'uniqueItems':
      return 'must not name the same twice';
    case 'pattern':
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
    return type === 'null' ? 'null' : `an ${type}`;
  });
  return `must be ${types.join(', or ')}`;
}

const bounds = ({ minimum, maximum }: Schema) =>
  maximum === undefined ? `at least ${minimum}` : `${minimum} to ${maximum}`;

const characters = ({ minLength, maxLength }: Schema) =>
  minLength === undefined ? `at most ${maxLength} characters` : `${minLength} to ${maxLength} characters`;

const unescapePointer = (part: string) => part.replaceAll('~1', '/').replaceAll('~0', '~');
const clip = (name: string) => (name.length > longestName ? `${name.slice(0, longestName)}...` : name);
