import type { PortExclusion, Reservation } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import { alreadyThere } from '../service/exclusions/rules.ts';
import type { Present } from '../service/present.ts';
import { checkMayRelabel, type Labelled, refuseOverlap } from '../service/refusals.ts';
import { failureOf } from './change-error.ts';
import type { Plan, Step } from './plan.ts';

/** Notes at each change the error that it would end in, as far as that can be seen without trying. */
export async function predict({ document, pruned, steps }: Plan, present: Present): Promise<void> {
  const going = new Set([...pruned, ...steps.flatMap(({ inTheWay }) => inTheWay)].map(({ existing }) => existing.is));
  const reservations = present.reservations.filter((one) => !going.has(one));
  const exclusions = present.exclusions.filter((one) => !going.has(one));
  for (const { item, changes } of steps) {
    for (const change of changes) {
      const error = await failureOf(async () => {
        if (change.action === 'create') refuseCreation(change, item, { reservations, exclusions });
        if (change.action === 'update') refuseUpdate(change, document.name, { reservations, exclusions });
      });
      if (error) change.error = error;
    }
  }
}

type Change = Step['changes'][number];
type Staying = Pick<Present, 'reservations' | 'exclusions'>;

function refuseCreation({ kind, protocol, range }: Change, { store }: Step['item'], staying: Staying): void {
  const ofProtocol = (one: Reservation | PortExclusion) => one.protocol === protocol;
  if (kind === 'exclusion') alreadyThere({ protocol, range, store }, staying.exclusions.filter(ofProtocol));
  refuseOverlap(range, staying.reservations.filter(ofProtocol));
}

function refuseUpdate(change: Change, document: string, { reservations, exclusions }: Staying): void {
  const target = keyOf(change);
  const isIt = (one: Reservation | PortExclusion) => keyOf(one) === target;
  const existing: Labelled =
    change.kind === 'reservation'
      ? { kind: 'reservation', is: reservations.find(isIt)! }
      : { kind: 'exclusion', is: exclusions.find(isIt)! };
  checkMayRelabel(existing, { document }, false);
}
