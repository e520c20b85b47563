import type {
  DesiredChange,
  DesiredExclusion,
  DesiredReservation,
  DesiredState,
  ExclusionStore,
  PortRange,
  Protocol,
} from '../protocol/generated/contract.ts';

/** One entry of a document, with the defaults filled in. */
export interface DesiredItem {
  kind: DesiredChange['kind'];
  protocols: Protocol[];
  range: PortRange;
  /** Of exclusions alone it says something. */
  store: ExclusionStore;
  name: string | undefined;
  reason: string | undefined;
  /** The keys that lead to it in the document. */
  path: string[];
}

function itemOf(
  kind: DesiredItem['kind'],
  { protocol, startPort, numberOfPorts = 1, name, reason, store = 'persistent' }: DesiredReservation & DesiredExclusion,
  path: string[],
): DesiredItem {
  return { kind, protocols: [protocol].flat(), range: { startPort, numberOfPorts }, store, name, reason, path };
}

/** All entries of a document. */
export function itemsOf({ reservations = [], exclusions = [] }: DesiredState): DesiredItem[] {
  return [
    ...reservations.map((entry, index) => itemOf('reservation', entry, ['reservations', String(index)])),
    ...exclusions.map((entry, index) => itemOf('exclusion', entry, ['exclusions', String(index)])),
  ];
}
