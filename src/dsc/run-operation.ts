import type { Instance, Resource } from './resource.ts';

/** What goes to the engine on one line: an instance, or the names of its properties. */
export type Line = Instance | string[];

/** Carries the operation out; returns what the engine expects of it, line by line. */
export async function runOperation<T extends Instance, Asked extends T>(
  operation: Operation,
  resource: Resource<T, Asked>,
  input: unknown,
): Promise<Line[]> {
  if (operation === 'delete' || operation === 'export') {
    if (!resource.all) throw new UsageError(`This resource has no ${operation}.`);
    if (operation === 'export') return exported(await resource.all(), resource, input);
  }
  const desired = resource.parse(input);
  if (operation === 'delete') desired._exist = false;
  const current = await resource.current(desired);
  const differences = resource.differences(desired, current);
  const isAsDesired = differences.length === 0;
  switch (operation) {
    case 'get':
      return [current];
    case 'test': {
      const marked = resource.marked?.(desired, current) ?? current;
      return [{ ...marked, _inDesiredState: isAsDesired }, differences];
    }
    case 'whatIf': {
      if (isAsDesired) return [current, []];
      const { state, whatIf } = await resource.plan(desired, current);
      return [{ ...state, _metadata: { whatIf } }, differences];
    }
    case 'set':
      if (isAsDesired) {
        await resource.complete();
        return [current, []];
      }
      await resource.apply(desired, current);
      return [await resource.current(desired), differences];
    case 'delete':
      if (!isAsDesired) await resource.apply(desired, current);
      return [];
  }
}

/** All instances; where the input describes one, those that agree with it. */
function exported<T extends Instance, Asked extends T>(
  instances: readonly T[],
  resource: Resource<T, Asked>,
  input: unknown,
): Line[] {
  if (isEmpty(input)) return [...instances];
  const wanted = Object.entries(resource.parse(input)).filter(([property]) => !property.startsWith('_'));
  return instances.filter((one) => wanted.every(([property, value]) => one[property as keyof T] === value));
}

const isEmpty = (input: unknown) => typeof input === 'object' && input !== null && Object.keys(input).length === 0;

/** What the engine asks of an instance. */
export type Operation = 'get' | 'set' | 'whatIf' | 'test' | 'delete' | 'export';

/** The arguments make no command. */
export class UsageError extends Error {}

/** What is on the command line of a manifest. */
export interface Command {
  operation: Operation;
  /** The type's name behind the slash, in lower case. */
  resource: string;
}

const operations = new Map<string, Operation>([
  ['get', 'get'],
  ['set', 'set'],
  ['set --what-if', 'whatIf'],
  ['test', 'test'],
  ['delete', 'delete'],
  ['export', 'export'],
]);

/**
 * Reads `<operation> <resource> [--what-if]`.
 * @throws UsageError
 */
export function parseCommand([verb = '', resource = '', ...options]: readonly string[]): Command {
  const operation = operations.get([verb, ...options].join(' '));
  if (operation && resource) return { operation, resource: resource.toLowerCase() };
  const known = [...operations.keys()].map((one) => one.replace(/ |$/, ' <resource> ').trim()).join(', ');
  throw new UsageError(`The arguments must be one of ${known}.`);
}
