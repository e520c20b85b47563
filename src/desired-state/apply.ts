import { type AppliedState, type DesiredStateApplyParams, packageVersion } from '../protocol/generated/contract.ts';
import type { CallOptions } from '../service/call-options.ts';
import type { PortService } from '../service/port-service.ts';
import { CarryOut } from './carry-out.ts';
import { itemsOf } from './items.ts';
import { leftTwice } from './left-twice.ts';
import { changesOf, planOf } from './plan.ts';
import { readDesiredState } from './read-document.ts';

/**
 * Makes what a desired-state document asks for so: creates what is missing, updates what differs, removes what is the
 * document's and in the way, or with `prune` all of the document's that it asks for no more. What is as it should be is
 * left alone, so a second time changes nothing; a time that was interrupted is finished by the next.
 *
 * An item that fails has the error in its change; the others are independent of it.
 *
 * @throws DocumentError a document that is wrong, naming each fault with its line; nothing has changed then
 * @throws ServiceError AccessDenied, NotSupported, OsError, LedgerBusy, LedgerCorrupt where nothing could be looked at
 *
 * @example
 * const text = await readFile('ports.yaml', 'utf8');
 * const { changes, changed, failed } = await applyDesiredState(service, { text, format: 'yaml', prune: true });
 */
export async function applyDesiredState(
  service: PortService,
  { text, format, prune = false, whatIf = false, moveSysctlConf = false }: DesiredStateApplyParams,
  { signal }: CallOptions = {},
): Promise<AppliedState> {
  const document = await readDesiredState(text, format, signal);
  const moved = moveSysctlConf ? await service.moveSysctlConf(whatIf) : undefined;
  const present = await service.present({ settles: !whatIf }, { signal });
  const plan = planOf(
    { items: itemsOf(document), document: document.name, prune },
    present,
    service.capabilities.persistent,
  );
  const told = new Set<string>();
  await new CarryOut(service, { whatIf, signal, tell: (warning) => void told.add(warning) }).all(plan);
  const changes = changesOf(plan);
  const { repeated } = present;
  const isDone = changes.some(({ action, error }) => action !== 'none' && !error);
  // Of what was there before, the warnings tell already.
  const isTold = [...present.reservations, ...present.exclusions].some(({ state }) => state && state !== 'foreign');
  const foresights = moved || isTold ? [] : await service.foresights();
  const warnings = [
    ...new Set([...present.warnings, ...told, ...foresights, ...leftTwice(present, plan, document.name)]),
  ];
  return {
    document: document.name,
    changes,
    changed: isDone || repeated !== undefined || moved !== undefined,
    failed: changes.filter(({ error }) => error).length,
    version: packageVersion,
    ...(repeated && { repeated: repeated.list }),
    ...(moved && { moved }),
    ...(warnings.length > 0 && { warnings }),
  };
}
