import type { PortRange, Protocol, Remedy } from '../../../protocol/generated/contract.ts';
import { endPort } from '../../../protocol/ranges.ts';
import { toRun } from '../../../protocol/remedies.ts';
import type { Redirection } from '../../provider.ts';

/** A rule as far as it decides where packets to a port of this machine go. */
export interface NatRule {
  /** Its chain, named apart from those of other tables. */
  chain: string;
  /** Absent: of any. */
  protocol?: Protocol;
  /** Absent: of any. */
  ports?: readonly PortRange[];
  /** Whether packets to an address of this machine may meet it. */
  isLocal: boolean;
  /** What it does with them; absent: nothing that matters here. */
  action?: { kind: 'redirect' } | { kind: 'go'; chain: string };
  /** It in words. */
  words: string;
  /** Takes it away; absent where who made it would make it again. */
  end?: (protocol: Protocol, port: number) => Remedy;
}

/** What is redirected, by port. */
export type Redirections = ReadonlyMap<number, Redirection>;

/** Deeper than any tool nests its chains. */
const deepest = 16;

/**
 * The ports that the rules of these chains, and of those they lead to, take.
 * @param bases the chains that packets come to by themselves
 */
export function redirectionsIn(protocol: Protocol, rules: readonly NatRule[], bases: readonly string[]): Redirections {
  const found = new Map<number, Redirection>();
  const byChain = new Map<string, NatRule[]>();
  for (const rule of rules) byChain.set(rule.chain, [...(byChain.get(rule.chain) ?? []), rule]);

  const walk = (chain: string, within: readonly PortRange[] | undefined, depth: number): void => {
    if (depth > deepest) return;
    for (const rule of byChain.get(chain) ?? []) {
      if (!rule.action || !rule.isLocal || (rule.protocol && rule.protocol !== protocol)) continue;
      const ports = rule.ports ? narrowed(rule.ports, within) : within;
      if (rule.action.kind === 'go') walk(rule.action.chain, ports, depth + 1);
      // What takes all ports alike has nothing to do with one of them.
      else if (ports) put(ports, rule, rule.ports !== undefined);
    }
  };
  const put = (ports: readonly PortRange[], { words, end }: NatRule, isItsOwn: boolean): void => {
    for (const range of ports) {
      for (let port = range.startPort; port <= endPort(range); port++) {
        if (!found.has(port)) found.set(port, { rule: words, ...(end && isItsOwn && { end: end(protocol, port) }) });
      }
    }
  };
  for (const base of bases) walk(base, undefined, 0);
  return found;
}

function narrowed(ports: readonly PortRange[], within: readonly PortRange[] | undefined): PortRange[] {
  if (!within) return [...ports];
  return ports.flatMap((range) =>
    within.flatMap((other) => {
      const startPort = Math.max(range.startPort, other.startPort);
      const numberOfPorts = Math.min(endPort(range), endPort(other)) - startPort + 1;
      return numberOfPorts > 0 ? [{ startPort, numberOfPorts }] : [];
    }),
  );
}

/** The command that takes the rule away, and with it what it does for other ports. */
export function deletion(command: string, ports: readonly PortRange[] | undefined): Remedy {
  const count = ports?.reduce((sum, { numberOfPorts }) => sum + numberOfPorts, 0);
  return toRun(command, count === 1 ? undefined : `the redirection of ${count ?? 'all'} ports, of which this is one`);
}

/** `a` and `b` are the first and the last port. */
export const between = (a: number, b: number): PortRange => ({ startPort: a, numberOfPorts: b - a + 1 });
