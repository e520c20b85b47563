import type { Remedy, Verdict } from '../../protocol/generated/contract.ts';
import { isClosing } from '../../protocol/is-closing.ts';
import { toDo, toRun } from '../../protocol/remedies.ts';
import type { FoundHolder, SystemCommands } from '../../providers/provider.ts';
import { type Findings, isForProgram, isPrivileged, listenersOf, tookFromDynamicRange, yields } from './verdict.ts';

/** What this system has for remedies. */
export interface Means {
  commands: SystemCommands;
  /** Whether something keeps ports out of automatic choice. */
  canExclude: boolean;
}

/** The one thing that frees the port, allows it, keeps it, or else shows more; none where nothing is wrong, or none helps. */
export function remedyFor(verdict: Verdict, findings: Findings, { commands, canExclude }: Means): Remedy | undefined {
  const { protocol, facts, reservation } = findings;
  const { port, holders } = facts;
  const only = { startPort: port, numberOfPorts: 1 };
  const endOf = (holder: FoundHolder | undefined): Remedy | undefined => {
    if (holder && isForProgram(holder)) return undefined;
    const isHidden = holder?.holder.unseen === 'noRights';
    return holder?.end ?? (isHidden ? toRun(commands.showHolders(protocol, port)) : undefined);
  };
  const endOfListener = (listener: FoundHolder | undefined): Remedy | undefined => {
    // What this session listens on inside a reservation of its own, it has by that.
    const isByReservation = listener?.isAskers && findings.isHeldHere;
    return isByReservation ? toDo('release', protocol, reservation!.range) : endOf(listener);
  };
  switch (verdict) {
    case 'listening':
      // Who sets the same options binds beside those that are there, and is meant to.
      if (isForMany(findings)) return undefined;
      return endOfListener(listenersOf({ holders, reservation })[0]);
    case 'boundNotListening':
      // What is closing goes by itself.
      return endOf(holders.find(({ holder }) => !isClosing(holder)) ?? holders.find(({ end }) => end));
    case 'reserved': {
      const holder = reservation!.owner?.processId;
      if ((yields(reservation) || holders.some(isForProgram)) && !findings.isHeldHere) return undefined;
      // Only its own worker can release it; its end frees the ports. One of a container is not to be named here.
      if (reservation!.lifetime === 'runtime' && !findings.isHeldHere) {
        const end = holder === undefined ? undefined : commands.endProcess(holder);
        return end === undefined ? undefined : toRun(end);
      }
      return toDo(reservation!.state === 'lost' ? 'restore' : 'release', protocol, reservation!.range);
    }
    case 'excludedBySystem':
      if (facts.keeper) return facts.keeper.end;
      // WinNAT's are blocks of many ports.
      if (findings.exclusion?.range.numberOfPorts === 1) return undefined;
      return toDo('restartNat', protocol, only);
    case 'privileged': {
      const allow = isPrivileged(findings) ? commands.allowPort?.(port) : undefined;
      return allow && { ...toRun(allow.run), sentence: allow.sentence };
    }
    case 'redirected':
      return facts.redirection!.end;
    case 'inDynamicRange':
      // HTTP.sys is refused excluded ports and reserved ones.
      if (facts.urls?.length) return undefined;
      return toDo(canExclude ? 'exclude' : 'reserve', protocol, findings.lostExclusion?.range ?? only);
    case 'excludedByAdministrator':
    case 'refused':
    case 'free':
      return undefined;
  }
}

/** Where programs on one machine share a UDP port by design: SSDP, WS-Discovery, mDNS, LLMNR. */
const multicastPorts = new Set([1900, 3702, 5353, 5355]);

/** Whether a shared port is one for many. That its server let another in by an option does not make it so. */
function isForMany({ protocol, facts: { port, serving, holders } }: Findings): boolean {
  if (protocol !== 'udp' || !serving?.shared) return false;
  return multicastPorts.has(port) || new Set(holders.map(({ holder }) => holder.processName)).size > 1;
}

/** What keeps it from happening again. */
export function preventionOf(verdict: Verdict, findings: Findings, canExclude: boolean): Remedy | undefined {
  if (verdict !== 'boundNotListening' || findings.facts.urls?.length || !canExclude || !tookFromDynamicRange(findings))
    return undefined;
  return toDo('exclude', findings.protocol, { startPort: findings.facts.port, numberOfPorts: 1 });
}
