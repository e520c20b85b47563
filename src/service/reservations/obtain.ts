import type { LedgerView } from '../../ledger/ledger.ts';
import type { Admission, LedgerRecord, PortRange, Protocol, Reservation } from '../../protocol/generated/contract.ts';
import { keyOf } from '../../protocol/ranges.ts';
import type { Claim, Survey } from '../../providers/provider.ts';
import type { Core } from '../core.ts';
import { relabelled, sameLabel } from '../label.ts';
import { claimFreeRange, combined, defaultWindow, portsToAvoid, surveySocketsFrom } from '../ports/choose.ts';
import { checkMayRelabel } from '../refusals.ts';
import { admissionOf, enforcementOf, isEnforcedAs } from './enforcement.ts';
import type { Obtained } from './obtained.ts';
import type { CreateRequest } from './requests.ts';

/** How a range is taken: for good, or only to see whether it could be. */
export interface Taker {
  /** @returns the token, where it is taken for good */
  take(claim: Claim): Promise<bigint | undefined>;
  giveBack(taken: readonly LedgerRecord[], replaced: readonly Reservation[]): Promise<void>;
}

/** A request, and whom the system is to let in by it. */
interface Wanted extends CreateRequest {
  admission: Admission | undefined;
}

/** What was read of the system for choosing, of each protocol. */
export type Surveys = Map<Protocol, Survey>;

/** What a request may stand on. */
export interface Circumstances {
  view: LedgerView;
  /** Read anew for a protocol that is not there. */
  surveys?: Surveys;
  /** The caller's reservations that this comes in place of, no longer in the view. */
  replacing?: readonly Reservation[];
  /** See `Claim`. */
  look?: object;
  signal?: AbortSignal;
}

/**
 * What a request comes to: what is there already, with the label asked for, and the rest taken in every protocol or in
 * none. Nothing is recorded yet.
 */
export async function obtain(
  core: Core,
  taker: Taker,
  asked: CreateRequest,
  circumstances: Circumstances,
): Promise<Obtained> {
  const request: Wanted = { ...asked, admission: await admissionOf(core.provider, asked) };
  const { protocols } = request;
  const { view } = circumstances;
  const found = relabel(core, await existingOf(core, request, view), request, view);
  const missing = protocols.filter((protocol) => !found.existing.some((item) => item.protocol === protocol));
  if (missing.length === 0) return { protocols, ...found, claimed: [] };
  try {
    return { protocols, ...found, ...(await take(core, taker, { ...request, protocols: missing }, circumstances)) };
  } catch (error) {
    // Another program may have made the same persistent reservations in between.
    const meanwhile = await existingOf(core, request, view);
    if (meanwhile.length !== protocols.length) throw error;
    return { protocols, ...relabel(core, meanwhile, request, view), claimed: [] };
  }
}

/** The existing reservations as they are to be, and the records that change by that. */
function relabel(
  { ledger }: Core,
  existing: readonly Reservation[],
  { updatesExisting, label, lifetime }: CreateRequest,
  { system }: LedgerView,
): Pick<Obtained, 'existing' | 'changed'> {
  const changed: LedgerRecord[] = [];
  const now = existing.map((reservation) => {
    if (!updatesExisting || sameLabel(reservation, label)) return reservation;
    const target = keyOf(reservation);
    const isSystems = system.some((item) => keyOf(item) === target);
    checkMayRelabel({ kind: 'reservation', is: reservation }, label, isSystems);
    // Nobody has recorded what another program made.
    const { owner = ledger.owner(lifetime), createdAt = new Date().toISOString() } = reservation;
    const record = { ...relabelled(reservation, label), owner, createdAt };
    changed.push(record);
    return record;
  });
  return { existing: now, changed };
}

/** Those of the very reservations asked for that the caller may have: its own, or persistent ones. */
async function existingOf(core: Core, request: Wanted, { own, system }: LedgerView): Promise<Reservation[]> {
  const { protocols, range, lifetime, returnsExisting, updatesExisting } = request;
  if (!returnsExisting || !range) return [];
  const existing: Reservation[] = [];
  for (const protocol of protocols) {
    const found = await core.known.find({ protocol, range }, [...own, ...system]);
    if (found?.lifetime !== lifetime || !isEnforcedAs(found, request, request.admission)) continue;
    // Another service of this process may have it; its label is that one's to change.
    const isOfProcess = !updatesExisting && core.ledger.isHeldByThisProcess(found as LedgerRecord);
    const isHeld = core.held.has(keyOf(found)) || isOfProcess;
    const isHeldSo = isHeld && found.enforcement === enforcementOf(core.provider, request, protocol);
    if (lifetime === 'persistent' || isHeldSo) existing.push(found);
  }
  return existing;
}

async function take(
  core: Core,
  taker: Taker,
  request: Wanted,
  { view, surveys, replacing = [], ...how }: Circumstances,
): Promise<Pick<Obtained, 'claimed' | 'warnings'>> {
  const { provider, known } = core;
  const { protocols, numberOfPorts, range: definite } = request;
  const records = [...view.own, ...view.system];
  const isTrial = definite === undefined;
  const takeRange = (range: PortRange) => takeInEach(core, taker, request, { range, replacing, isTrial, ...how });
  const cautions = async () => [await provider.caution?.(request)].filter((one) => one !== undefined);
  if (definite) {
    await known.refuseOverlap(protocols, definite, records);
    return { claimed: await takeRange(definite), warnings: await cautions() };
  }
  const others = await known.verified(records.filter(({ protocol }) => protocols.includes(protocol)));
  // What others have excluded while this waited for the ledger is read only here.
  const survey = combined(
    await Promise.all(
      protocols.map((protocol) => surveys?.get(protocol) ?? provider.survey(protocol, false, how.look)),
    ),
  );
  const reserved = others.map((item) => item.range);
  const avoid = portsToAvoid(survey, reserved, { numberOfPorts, isChosenHere: request.within === undefined });
  const window = request.within ?? defaultWindow(survey.dynamicRange, numberOfPorts);
  let isSurveyed = numberOfPorts < surveySocketsFrom;
  const takeOrLook = async (range: PortRange) => {
    try {
      return await takeRange(range);
    } catch (error) {
      // The first one is mostly free. Where it is not, a look at all sockets costs less than to find them by binding.
      if (!isSurveyed) {
        isSurveyed = true;
        for (const protocol of protocols) avoid.addAll((await provider.survey(protocol, true, how.look)).inUse);
      }
      throw error;
    }
  };
  const { prefer } = request;
  const from = prefer === undefined ? undefined : () => prefer;
  const found = await claimFreeRange({ protocols, numberOfPorts, window }, { avoid, survey }, takeOrLook, from);
  return { claimed: found.claimed, warnings: [...survey.warnings, ...(await cautions())] };
}

/** Takes the range in every protocol or in none. */
async function takeInEach(
  core: Core,
  taker: Taker,
  request: Wanted,
  {
    range,
    replacing,
    ...how
  }: { range: PortRange; replacing: readonly Reservation[] } & Pick<Claim, 'isTrial' | 'look' | 'signal'>,
): Promise<LedgerRecord[]> {
  const { protocols, lifetime, hold, admission: allow, allowsUse } = request;
  const taken: LedgerRecord[] = [];
  try {
    for (const protocol of protocols) {
      const own = replacing.filter((one) => one.protocol === protocol);
      const enforcement = enforcementOf(core.provider, request, protocol);
      const claim = {
        protocol,
        range,
        lifetime,
        hold,
        enforcement,
        ...(allow && { allow }),
        replacing: own,
        allowsUse,
      };
      const token = await taker.take({ ...claim, ...how });
      taken.push(recordOf(core, request, { protocol, range, token }));
    }
    return taken;
  } catch (error) {
    await taker.giveBack(taken, []);
    throw error;
  }
}

function recordOf(
  core: Core,
  request: Wanted,
  { protocol, range, token }: { protocol: Protocol; range: PortRange; token: bigint | undefined },
): LedgerRecord {
  const { lifetime, label, admission: allow, allowsUse } = request;
  return {
    protocol,
    range,
    ...(token !== undefined && { token: String(token) }),
    lifetime,
    enforcement: enforcementOf(core.provider, request, protocol),
    ...(allow && { allow }),
    ...(allowsUse && { inUse: 'allow' }),
    provider: core.provider.name,
    ...label,
    owner: { ...core.ledger.owner(lifetime), ...request.owner },
    createdAt: new Date().toISOString(),
  };
}
