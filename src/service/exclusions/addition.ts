import type { LedgerView } from '../../ledger/ledger.ts';
import type {
  ExclusionAddParams,
  ExclusionRecord,
  ExclusionStore,
  LedgerRecord,
  PortExclusion,
  Protocol,
} from '../../protocol/generated/contract.ts';
import { checkRange, keyOf } from '../../protocol/ranges.ts';
import type { ExclusionRequest } from '../../providers/excluder.ts';
import type { Core } from '../core.ts';
import { joined, type Label, labelOf, relabelled, sameLabel } from '../label.ts';
import { checkMayRelabel, type Labelled } from '../refusals.ts';
import { listedExclusions, ofProvider } from './listing.ts';
import { alreadyThere } from './rules.ts';

/** What an addition comes to in one protocol. */
export interface Addition {
  /** The exclusion as it is to be. */
  exclusion: PortExclusion;
  /** How it is now; undefined where it is not there. */
  before: PortExclusion | undefined;
  /** What is asked of the system; undefined where it has the exclusion. */
  request: ExclusionRequest | undefined;
  /** What is recorded of it; undefined where it is somebody else's, or nothing changes. */
  record: ExclusionRecord | undefined;
  /** What is to be known of it besides, one sentence each. */
  warnings: string[];
  /** What the system has of this protocol, so that what it has no more can be dropped from the record. */
  listed: readonly PortExclusion[];
}

/** What an addition was asked for, with the defaults filled in. */
export interface AdditionRequest {
  protocols: readonly Protocol[];
  range: ExclusionAddParams['range'];
  store: ExclusionStore;
  restartNat: boolean;
  updates: boolean;
  label: Label;
  /** What of the caller's goes for it, and so is in nobody's way. */
  replaced?: readonly Labelled[];
}

/** Checks what the schema cannot say. @throws InvalidParamsError */
export function additionRequest(params: ExclusionAddParams): AdditionRequest {
  const { protocol, range, store = 'persistent', restartNat = false, ifExists } = params;
  checkRange(range, 'range.numberOfPorts');
  const label = labelOf(params);
  return { protocols: [protocol].flat(), range, store, restartNat, updates: ifExists === 'update', label };
}

/**
 * What the request comes to in one protocol, by what is listed and recorded.
 * @throws ServiceError RangeExcluded, RangeReserved, AccessDenied, NotSupported
 */
export async function additionIn(
  core: Core,
  protocol: Protocol,
  { range, store, restartNat, updates, label, replaced = [] }: AdditionRequest,
  { view, signal }: { view: LedgerView; signal?: AbortSignal },
): Promise<Addition> {
  const warnings: string[] = [];
  const look = {};
  const { own, system } = view.exclusions;
  const { exclusions } = await listedExclusions(core, [protocol], ofProvider(core, [...own, ...system]), look);
  const leaving = (kind: Labelled['kind']) =>
    new Set(replaced.filter((one) => one.kind === kind).map(({ is }) => keyOf(is)));
  const goneExclusions = leaving('exclusion');
  const listed = exclusions.filter((item) => !goneExclusions.has(keyOf(item)));
  const key = keyOf({ protocol, range });
  const isSystems = (item: PortExclusion) => system.some((one) => keyOf(one) === keyOf(item));
  const there = alreadyThere({ protocol, range, store, exactly: updates }, listed);
  if (there) {
    if (!updates || !there.own || sameLabel(there, label)) {
      return { exclusion: there, before: there, request: undefined, record: undefined, warnings, listed };
    }
    checkMayRelabel({ kind: 'exclusion', is: there }, label, isSystems(there));
    const record = own.find((item) => keyOf(item) === key);
    const exclusion = relabelled(there, label);
    return {
      exclusion,
      before: there,
      request: undefined,
      record: record && relabelled(record, label),
      warnings,
      listed,
    };
  }
  const goneReservations = leaving('reservation');
  const isGoing = (item: LedgerRecord) => item.protocol === protocol && goneReservations.has(keyOf(item));
  const staying = view.own.filter((item) => !isGoing(item));
  await core.known.refuseOverlap([protocol], range, [...staying, ...view.system]);
  const otherStore = listed.find((item) => item.own && keyOf(item) === key);
  if (otherStore && updates) checkMayRelabel({ kind: 'exclusion', is: otherStore }, label, isSystems(otherStore));
  // Its own record is there where it was asked for until the next restart, or where a killed worker left it.
  const recorded = updates ? {} : labelOf(own.find((item) => keyOf(item) === key) ?? {});
  const record: ExclusionRecord = {
    protocol,
    range,
    store,
    provider: core.provider.name,
    ...recorded,
    ...label,
    owner: core.ledger.owner('persistent'),
    createdAt: new Date().toISOString(),
  };
  const source = otherStore?.source ?? '';
  const exclusion = joined({ protocol, range, store, source, administered: true }, record);
  const replacing = view.own.filter(isGoing);
  const isReplacing = replaced.length > 0;
  const tell = (warning: string) => void warnings.push(warning);
  const request = { protocol, range, store, restartNat, isReplacing, replacing, look, tell, ...(signal && { signal }) };
  return { exclusion, before: otherStore, request, record, warnings, listed };
}
