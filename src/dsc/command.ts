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
