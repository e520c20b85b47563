import type { PortExclusion, PortHolder, Verdict } from '../../protocol/generated/contract.ts';
import { plainLine } from '../../protocol/plain-text.ts';
import { formatPorts, formatRange } from '../../protocol/ranges.ts';
import type { FoundHolder } from '../../providers/provider.ts';
import { describe, describeExclusion } from '../describe.ts';
import { type Findings, isPrivileged, listenersOf } from './verdict.ts';

/** Why the port is what it is, in one sentence that can be shown as it is. */
export const explain = (verdict: Verdict, findings: Findings): string => plainLine(explanationOf(verdict, findings));

function explanationOf(verdict: Verdict, findings: Findings): string {
  const { protocol, facts, reservation, exclusion, dynamicRange } = findings;
  const { port } = facts;
  switch (verdict) {
    case 'free':
      return 'Nothing has it, and a bind succeeds.';
    case 'listening':
      return `${listening(findings)}.`;
    case 'boundNotListening':
      return `${notListening(findings)}.`;
    case 'reserved':
      return `It is held by ${describe(reservation!)}${reason(findings)}${bindable(findings)}.`;
    case 'excludedBySystem':
      return `Windows keeps ${formatPorts(protocol, exclusion!.range)} for a driver or another program, most often WinNAT for Hyper-V, WSL or Docker, so nobody can bind there.`;
    case 'excludedByAdministrator':
      return `${excluded(exclusion!)}: the system does not hand it out by itself, and a program that names it gets it.`;
    case 'privileged':
      return isPrivileged(findings)
        ? `Port ${port} is privileged, and this user has no right to bind it.`
        : 'The system refuses it by a policy or a reservation that it does not show.';
    case 'inDynamicRange':
      return `Nothing has it now, but it lies in ${formatRange(dynamicRange!)}, which the system hands out by itself, so any connection may take it.`;
  }
}

function excluded(exclusion: PortExclusion): string {
  const { own, range, source, reason } = exclusion;
  if (!own) return `${formatRange(range)} is excluded by ${source}`;
  return `It is kept by ${describeExclusion(exclusion)}${reason ? `, for "${reason}"` : ''}`;
}

/** A process as people name it: `node (process 4711, user ada, web.service)`. */
function who({ processId, processName, user, service, container }: PortHolder): string {
  if (processId === undefined) {
    return user === undefined ? 'A socket of no process' : `A process of user ${user} that this user may not look at`;
  }
  const facts = [processName && `process ${processId}`, user && `user ${user}`, service, container].filter(Boolean);
  return `${processName ?? `Process ${processId}`}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

function listening(findings: Findings): string {
  const { protocol, reservation } = findings;
  const listeners = listenersOf({ holders: findings.facts.holders, reservation });
  const verb = protocol === 'tcp' ? 'listens' : 'receives';
  const [first, ...others] = listeners.map(({ holder }) => holder) as [PortHolder, ...PortHolder[]];
  const on = first.addresses.length > 0 ? ` on ${first.addresses.join(' and ')}` : '';
  const more = others.length > 0 ? `, and ${others.length} more` : '';
  const within = reservation ? `, inside ${describe(reservation)}` : '';
  return `${who(first)} ${verb}${on}${forUrls(first)}${more}${within}${familyLeft(findings)}`;
}

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
  const connected = facts.holders.find(({ holder }: FoundHolder) => holder.state === 'connected');
  if (connected) return `${who(connected.holder)} has it as the local port of a connection${left}`;
  if (facts.holders.length > 0) return `Only closing connections have it, for about a minute${left}`;
  return `A socket is bound to it that does not listen, and the system does not say whose${left}`;
}

const reason = ({ reservation }: Findings) => (reservation?.reason ? `, for "${reservation.reason}"` : '');

function bindable({ facts: { refusals }, reservation }: Findings): string {
  const yields = reservation?.lifetime === 'runtime' && reservation.enforcement === 'ephemeralOnly';
  if (yields) return ', which lets a server in that sets SO_REUSEADDR';
  return refusals.ipv4 || refusals.ipv6 ? '' : ', which does not stop a program that names the port';
}
