import type {
  ExclusionRecord,
  PortExclusion,
  PortHolder,
  PortRange,
  Protocol,
  Reservation,
  Verdict,
} from '../../protocol/generated/contract.ts';
import type { FoundHolder, Inspection, PortFacts } from '../../providers/provider.ts';

/** All that is known of a port. */
export interface Findings {
  protocol: Protocol;
  facts: PortFacts;
  /** The families whose refusals are known apart. */
  families: Inspection['families'];
  /** The one that has the port. */
  reservation: Reservation | undefined;
  /** The one that holds the port, whoever made it. */
  exclusion: PortExclusion | undefined;
  /** An exclusion that is recorded, and that the system has lost. */
  lostExclusion?: ExclusionRecord;
  /** Whether this service holds it, and may release it. */
  isHeldHere: boolean;
  /** Given where the port lies in it. */
  dynamicRange: PortRange | undefined;
}

/**
 * Who listens on the port, other than the process that holds the reservation. A socket whose process is not seen is taken
 * for the reservation's.
 */
export function listenersOf({
  holders,
  reservation,
}: {
  holders: readonly FoundHolder[];
  reservation: Reservation | undefined;
}): FoundHolder[] {
  const listeners = holders.filter(({ holder }) => holder.state === 'listening');
  const owner = reservation?.lifetime === 'runtime' ? reservation.owner?.processId : undefined;
  if (owner === undefined) return listeners;
  return listeners.filter(({ holder }) => holder.processId !== undefined && holder.processId !== owner);
}

/** Whether its holder lets servers in: it is for a program that comes, and is nobody's to end. */
export const yields = (reservation: Findings['reservation']): boolean =>
  reservation?.lifetime === 'runtime' && reservation.enforcement === 'ephemeralOnly';

/** Whether it is held by a socket that nobody else's stands beside, unless that sets SO_REUSEPORT. */
export const isStrict = (reservation: Findings['reservation']): boolean =>
  reservation?.lifetime === 'runtime' && reservation.enforcement === 'socket';

/** Whether this product has the port, for a program that it runs: to end it is to end that, or to take the port from it. */
export const isForProgram = ({ holder: { commandLine = '' } }: FoundHolder): boolean =>
  holdsForProgram.test(commandLine);

const holdsForProgram =
  /\bportreservation(?:\.mjs|\.exe|-[a-z0-9-]+(?:\.exe)?)?["']?\s+(?:exec|run|reserve|hold-for-process)\b/;

/** Whether a bind of either family was refused for want of a right. */
export const isPrivileged = ({ facts: { refusals } }: Pick<Findings, 'facts'>): boolean =>
  refusals.ipv4 === 'privileged' || refusals.ipv6 === 'privileged';

/**
 * What stands in the way of a bind. The bind itself decides whether anything does; the tables only say what. A listener
 * goes before all else: it is who answers on the port.
 */
export function verdictOf(findings: Findings): Verdict {
  const { facts, reservation, exclusion, dynamicRange } = findings;
  const { refusals, holders } = facts;
  const refused = [refusals.ipv4, refusals.ipv6].filter((one) => one !== undefined);
  if (listenersOf({ holders, reservation }).length > 0) return 'listening';
  if (reservation) return 'reserved';
  if (facts.gate) return 'refused';
  // What only passes hides nothing that stays.
  if (facts.redirection && !holders.some(({ holder }) => holder.processId)) return 'redirected';
  if (refused.includes('inUse')) return facts.keeper ? 'excludedBySystem' : 'boundNotListening';
  if (isPrivileged(findings)) return 'privileged';
  if (refused.includes('denied')) {
    if (holders.length > 0) return 'boundNotListening';
    return exclusion && !exclusion.administered ? 'excludedBySystem' : 'refused';
  }
  if (exclusion) return 'excludedByAdministrator';
  return dynamicRange ? 'inDynamicRange' : 'free';
}

/** Whether a connection was given the port by the system, which hands out those of the dynamic range. */
export const tookFromDynamicRange = ({ facts, dynamicRange, exclusion }: Findings): boolean =>
  dynamicRange !== undefined && !exclusion && facts.holders.some(({ holder }) => isConnection(holder.state));

const isConnection = (state: PortHolder['state']): boolean => state !== 'listening' && state !== 'bound';
