import { CarryOut } from '../desired-state/carry-out.ts';
import type { DesiredItem } from '../desired-state/items.ts';
import { isDue, type Plan, planOf } from '../desired-state/plan.ts';
import type { ChangeError, DesiredChange } from '../protocol/generated/contract.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { absent, type Instance, type Part, partOf, type Resource, type Warn } from './resource.ts';
import { differencesOf, sentencesOf } from './words.ts';

/** What goes to the engine on one line: an instance, what is told of one, or the names of its properties. */
export type Line = Instance | string[];

/** What of an instance could not be made as desired; the rest is. */
export class ChangesFailed extends Error {
  readonly errors: readonly ChangeError[];

  constructor(errors: readonly ChangeError[]) {
    super(errors.map(({ message }) => message).join(' '));
    this.errors = errors;
  }
}

/** One thing of the instance: what is asked of it, what there is, and what is to be done. */
interface Standing {
  item: DesiredItem | undefined;
  current: Part;
  change: DesiredChange;
}

/** Carries the operation out; returns what the engine expects of it, line by line. */
export async function runOperation<T extends Instance>(
  operation: Operation,
  resource: Resource<T>,
  { service, input, warn }: { service: PortService; input: unknown; warn: Warn },
): Promise<Line[]> {
  if (operation === 'export') return resource.all(resource.parseFilter(withoutEngineProperties(input)));
  if (operation === 'get' && resource.whole && isEmpty(input)) return [await resource.whole()];
  const isDelete = operation === 'delete' || operation === 'deleteWhatIf';
  if (isDelete && !resource.canBeDeleted) throw new UsageError('This resource has no delete.');
  const desired = resource.parse(input);
  if (isDelete) desired._exist = false;
  const plan = planOf(resource.desired(desired), await resource.present(desired), service.capabilities.persistent);
  const standings = standingsOf(plan);
  const currentState = resource.instanceOf(
    desired,
    standings.map(({ current }) => current),
  );
  const differences = resource.differing(
    standings.map(({ item, change }) => (item ? differencesOf(item, change) : ['_exist'])),
  );
  const isAsDesired = differences.length === 0;
  switch (operation) {
    case 'get':
      return [currentState];
    case 'test': {
      const marked = standings.map(({ current, change }) => ({ ...current, _inDesiredState: !isDue(change) }));
      return [{ ...resource.instanceOf(desired, marked), _inDesiredState: isAsDesired }, differences];
    }
    case 'whatIf': {
      if (isAsDesired) return [currentState, []];
      const whatIf = await foretold(service, plan, standings);
      const listed = standings.filter(({ item }) => item).map(foreseen);
      return [{ ...resource.instanceOf(desired, listed), _metadata: { whatIf } }, differences];
    }
    case 'set':
      if (isAsDesired) {
        // What a killed process recorded and left undone is done.
        await service.settle();
        return [currentState, []];
      }
      await carryOut(service, plan, warn);
      return [await stateNow(service, resource, desired), differences];
    case 'delete':
      if (!isAsDesired) await carryOut(service, plan, warn);
      return [];
    case 'deleteWhatIf':
      return [{ _metadata: { whatIf: isAsDesired ? [] : await foretold(service, plan, standings) } }];
  }
}

/** What is listed, in its order, and then what is to go. */
function standingsOf({ steps, pruned }: Plan): Standing[] {
  const listed = steps.map(({ item, changes: [change], existing: [existing] }) => {
    const [protocol] = item.protocols;
    const current = existing ? partOf(existing, item.range) : absent({ protocol: protocol!, ...item.range });
    return { item, current, change: change! };
  });
  const leaving = [...pruned, ...steps.flatMap(({ inTheWay }) => inTheWay)]
    .map(({ existing, change }) => ({ item: undefined, current: partOf(existing), change }))
    .sort((a, b) => a.current.protocol.localeCompare(b.current.protocol) || a.current.startPort - b.current.startPort);
  return [...listed, ...leaving];
}

async function carryOut(service: PortService, plan: Plan, warn: Warn): Promise<void> {
  const told = new Set<string>();
  await new CarryOut(service, { tell: (warning) => void told.add(warning) }).all(plan);
  for (const warning of told) warn(warning);
  const failed = standingsOf(plan).flatMap(({ change: { error } }) => error ?? []);
  // Many parts fail for the same reason.
  const distinct = new Map(failed.map((error) => [error.message, error]));
  if (distinct.size > 0) throw new ChangesFailed([...distinct.values()]);
}

/** What carrying out would do, one sentence each. */
async function foretold(service: PortService, plan: Plan, standings: readonly Standing[]): Promise<string[]> {
  await new CarryOut(service, { whatIf: true }).all(plan);
  return standings.flatMap(({ item, change }) => sentencesOf(withStore(change, item)));
}

async function stateNow<T extends Instance>(service: PortService, resource: Resource<T>, desired: T): Promise<T> {
  const usual = service.capabilities.persistent;
  const standings = standingsOf(planOf(resource.desired(desired), await resource.present(desired), usual));
  return resource.instanceOf(
    desired,
    standings.map(({ current }) => current),
  );
}

/** The part as set would leave it. */
function foreseen({ item, current, change: { action, error } }: Standing): Part {
  if (error || action === 'none' || !item) return current;
  if (action === 'release') return absent(current);
  const { store, enforcement, allow, label } = item;
  const asked = { ...(store && { store }), ...(enforcement && { enforcement }), ...(allow && { allow }) };
  return { ...current, _exist: true, ...asked, ...labelOf(label) } as Part;
}

/** A creation says how long it is for. */
const withStore = (change: DesiredChange, item: DesiredItem | undefined): DesiredChange =>
  change.action === 'create' && item?.store ? { ...change, after: { store: item.store } } : change;

const isObject = (input: unknown): input is Record<string, unknown> =>
  typeof input === 'object' && input !== null && !Array.isArray(input);

const isEmpty = (input: unknown) => isObject(input) && Object.keys(input).length === 0;

/** What a filter has of the engine's own, `_exist` or `_metadata`, limits nothing. */
const withoutEngineProperties = (input: unknown): unknown =>
  isObject(input) ? Object.fromEntries(Object.entries(input).filter(([property]) => !property.startsWith('_'))) : input;

/** What the engine asks of an instance. */
export type Operation = 'get' | 'set' | 'whatIf' | 'test' | 'delete' | 'deleteWhatIf' | 'export';

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
  ['delete --what-if', 'deleteWhatIf'],
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
