import type { PortExclusion, PortHolder, Reservation, Verdict } from '../../protocol/generated/contract.ts';
import { plainLine } from '../../protocol/plain-text.ts';
import { formatPorts, formatRange } from '../../protocol/ranges.ts';
import type { FoundHolder, GateRange, PortFacts } from '../../providers/provider.ts';
import { describe, describeExclusion } from '../describe.ts';
import { startedAs, who } from './holder-words.ts';
import { type Findings, isPrivileged, isStrict, listenersOf, tookFromDynamicRange, yields } from './verdict.ts';

/** Why the port is what it is, in one sentence that can be shown as it is. */
export const explain = (verdict: Verdict, findings: Findings): string => plainLine(explanationOf(verdict, findings));

function explanationOf(verdict: Verdict, findings: Findings): string {
  const { protocol, facts, reservation, exclusion, dynamicRange } = findings;
  const { port } = facts;
  switch (verdict) {
    case 'free':
      return `Nothing has it, and a bind succeeds${announced(facts)}${lost(findings)}.`;
    case 'listening':
      return `${listening(findings)}.`;
    case 'boundNotListening':
      return `${notListening(findings)}.`;
    case 'reserved':
      return `It is held by ${describe(reservation!)}${reason(findings)}${bindable(findings)}.`;
    case 'excludedBySystem':
      if (facts.keeper) return `${facts.keeper.words}.`;
      return `Windows keeps ${formatPorts(protocol, exclusion!.range)} for ${keptFor(exclusion!)}, so nobody can bind there.`;
    case 'excludedByAdministrator':
      return `${excluded(exclusion!)}: the system does not hand it out by itself, and ${whoGetsExcluded(exclusion!)}${announced(facts)}.`;
    case 'privileged':
      return isPrivileged(findings)
        ? `Port ${port} is privileged, and this user has no right to bind it.`
        : 'This user has no right to bind it.';
    case 'refused':
      if (facts.gate) return `${byGate(findings, facts.gate)}.`;
      if (facts.keeper) return `${facts.keeper.words}.`;
      return `The system refuses it${facts.osCode === undefined ? '' : ` (${facts.osCode})`}, by a policy or a reservation that it does not show: SELinux, AppArmor, a firewall, or a service's SocketBindDeny=.`;
    case 'redirected':
      return `A bind succeeds, but what comes to the port goes elsewhere before any socket sees it: ${facts.redirection!.rule}.`;
    case 'inDynamicRange':
      return `Nothing has it now, but it lies in ${formatRange(dynamicRange!)}, which the system hands out by itself, so any connection may take it${announced(facts)}${lost(findings)}.`;
  }
}

/** WinNAT's are blocks of many ports. */
const keptFor = ({ range }: PortExclusion): string =>
  range.numberOfPorts > 1
    ? 'a driver or another program, most often WinNAT for Hyper-V, WSL or Docker'
    : 'one program: HTTP.sys, a published port of a container, or a reservation';

/** By netsh alone it is known to be Windows, where not all that serve open a socket. */
const whoGetsExcluded = ({ source }: PortExclusion): string =>
  source === 'netsh'
    ? 'a program that opens a socket there gets it; HTTP.sys, container ports and QUIC are refused'
    : 'a program that names it gets it';

function excluded(exclusion: PortExclusion): string {
  const { own, range, source, reason } = exclusion;
  if (!own) return `${formatRange(range)} is excluded by ${source}`;
  return `It is kept by ${describeExclusion(exclusion)}${reason ? `, for "${reason}"` : ''}`;
}

function listening(findings: Findings): string {
  const { protocol, reservation, facts } = findings;
  const found = listenersOf({ holders: facts.holders, reservation });
  const verb = protocol === 'tcp' ? 'listens' : 'receives';
  const [first, ...others] = found.map(({ holder }) => holder) as [PortHolder, ...PortHolder[]];
  const on = first.addresses.length > 0 ? ` on ${first.addresses.join(' and ')}` : '';
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  const within = reservation ? `, inside ${describe(reservation)}` : '';
  const left = `${familyLeft(findings)}${addressesLeft(found)}${sharing(facts)}`;
  return `${who(first)} ${verb}${on}${forUrls(first)}${more}${within}${left}${startedAs(first)}${noted(found)}`;
}

/** What whoever has it says of how it is freed. */
const noted = (found: readonly FoundHolder[]): string => {
  const note = found.find((one) => one.note)?.note;
  return note ? `; ${note}` : '';
};

const wildcards = new Set(['0.0.0.0', '::', '*']);

/** Who listens on one address leaves the others. */
function addressesLeft(found: readonly FoundHolder[]): string {
  const addresses = found.flatMap(({ holder }) => holder.addresses);
  const isOnAll = addresses.length === 0 || addresses.some((address) => wildcards.has(address));
  return isOnAll ? '' : ', and its other addresses are free';
}

const sharing = ({ serving }: PortFacts): string =>
  serving?.shared ? ', and shares it: who sets SO_REUSEADDR and SO_REUSEPORT, too, binds beside it' : '';

/** The kernel listens for others, who are known by the urls reserved there. */
function forUrls({ urls = [] }: PortHolder): string {
  if (urls.length === 0) return '';
  return ` for HTTP.sys, where ${urls.join(' and ')} ${urls.length === 1 ? 'is' : 'are'} reserved`;
}

/** The family that can still be bound, where the other cannot. */
function familyLeft({ facts: { refusals }, families }: Findings): string {
  if (families.length < 2) return '';
  if (refusals.ipv4 && !refusals.ipv6) return ', while :: alone can be bound';
  if (refusals.ipv6 && !refusals.ipv4) return ', while 0.0.0.0 alone can be bound';
  return '';
}

function notListening(findings: Findings): string {
  const { facts } = findings;
  const left = familyLeft(findings);
  const [first] = facts.holders;
  if (!first) return `A socket is bound to it that does not listen, and the system does not say whose${left}`;
  const about = `${left}${startedAs(first.holder)}${noted(facts.holders)}`;
  const of = who(first.holder);
  switch (first.holder.state) {
    case 'connected':
      return `${of} has it as the local port of a connection${why(findings)}${about}`;
    case 'closeWait':
      return `${of} has a connection on it that its other end closed, and keeps it until it ends${about}`;
    case 'bound':
      return `${of} has bound it and does not listen${about}`;
    default:
      if (first.holder.processId !== undefined) return `${of} has a connection on it that is half closed${about}`;
      return `Only closing connections have it, for about a minute${left}${servers(facts)}`;
  }
}

/** How the connection came by the port. */
const why = (findings: Findings): string =>
  tookFromDynamicRange(findings)
    ? `, because ${findings.facts.port} lies in ${formatRange(findings.dynamicRange!)}, which the system hands out by itself`
    : '';

/** What is left of a connection stops no server, unless it was one without the option. */
const servers = ({ serving }: PortFacts): string =>
  serving?.all
    ? '; a server that sets SO_REUSEADDR, as most do, can start now'
    : '; a server has to wait for that, too: those connections were made without SO_REUSEADDR';

/** Who will be there before long. */
const announced = ({ urls = [] }: PortFacts): string =>
  urls.length > 0
    ? `; ${urls.join(' and ')} ${urls.length === 1 ? 'is' : 'are'} reserved at HTTP.sys, for a program that listens there`
    : '';

/** What is recorded and is not so. */
const lost = ({ lostExclusion }: Findings): string =>
  lostExclusion ? `; ${describeExclusion(lostExclusion)} is recorded, but the system has lost it` : '';

/** A reservation that the kernel enforces, and nothing else is known of. */
function byGate({ protocol }: Findings, { range, userId, isForService }: GateRange): string {
  const others = [
    ...(userId === undefined ? [] : [`user ${userId}`]),
    ...(isForService ? ['a service of systemd'] : []),
  ];
  const allowed = ['programs that put its token on the socket', ...others].join(', and ');
  return `The kernel refuses it for a reservation of ${formatPorts(protocol, range)} that no ledger has which is seen here, to all but ${allowed}`;
}

/** Whom the kernel lets in, and how. */
function letIn({ allow = {} }: Reservation): string {
  const { user, userId, service } = allow;
  const who = [
    'programs that put its token on the socket before bind',
    ...(userId === undefined ? [] : [`processes of user ${user}`]),
    ...(service === undefined ? [] : [`those that systemd starts for ${service}`]),
  ];
  return who.join(', and ');
}

const reason = ({ reservation }: Findings) => (reservation?.reason ? `, for "${reservation.reason}"` : '');

function bindable({ facts: { refusals }, reservation }: Findings): string {
  if (isStrict(reservation) && (refusals.ipv4 || refusals.ipv6)) {
    return ', which lets in sockets of its user alone that set SO_REUSEPORT: the program it is for must set that before bind, or be started with a hold of yield';
  }
  if (yields(reservation)) {
    return ', which lets a server in that sets SO_REUSEADDR: the program it is for must set that before bind, or be started with a hold of none';
  }
  if (reservation?.enforcement === 'kernel' && reservation.provider === 'linux') {
    if (refusals.ipv4 || refusals.ipv6) return `; the kernel refuses it to all but ${letIn(reservation)}`;
    return reservation.state === 'lost'
      ? ' by the record alone: the kernel does not enforce it now'
      : ', which lets this user in';
  }
  if (reservation?.state === 'lost') return ' by the record alone: the system has lost it, and may hand the port out';
  return refusals.ipv4 || refusals.ipv6 ? '' : ', which does not stop a program that names the port';
}
