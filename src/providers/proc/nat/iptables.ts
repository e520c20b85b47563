import type { PortRange } from '../../../protocol/generated/contract.ts';
import { endOfPublished } from '../ends/containers.ts';
import { isOfThisMachine } from './local-addresses.ts';
import type { NatTables } from './nft.ts';
import { between, deletion, type NatRule } from './rules.ts';

/** Who makes a rule of this chain anew when it is gone. */
const kept = /^(KUBE-|CNI-)/;
const ofDocker = /^DOCKER/;

/**
 * Reads `iptables-save -t nat`.
 * @param program what the rules are changed with, as this user types it
 */
export function parseIptables(text: string, program: string): NatTables {
  const rules = text
    .split('\n')
    .filter((line) => line.startsWith('-A '))
    .map((line) => ruleOf(line, program));
  return { rules, bases: [`${program} PREROUTING`, `${program} OUTPUT`] };
}

function ruleOf(line: string, program: string): NatRule {
  const words = line.match(/"(?:\\.|[^"])*"|\S+/g) ?? [];
  const chain = words[1]!;
  const isDockers = ofDocker.test(chain);
  const rule: NatRule = {
    chain: `${program} ${chain}`,
    isLocal: true,
    words: `${isDockers ? 'docker publishes a port of a container there, by ' : ''}a rule of ${program}, chain ${chain}`,
  };
  if (isDockers) rule.end = (protocol, port) => endOfPublished(protocol, port, 0);
  else if (!kept.test(chain)) rule.end = () => deletion(`${program} -t nat -D ${line.slice(3)}`, rule.ports);
  for (const [index, word] of words.entries()) {
    const value = words[index + 1] ?? '';
    if (words[index - 1] === '!') continue;
    if (word === '-p' && (value === 'tcp' || value === 'udp')) rule.protocol = value;
    else if (word === '--dport' || word === '--dports') rule.ports = value.split(',').flatMap(rangeOf);
    else if (word === '-d') rule.isLocal &&= isOfThisMachine(value);
    else if (word === '-j' || word === '-g') rule.action = actionOf(value, program);
    else if (word === '--to-destination' || word === '--to-ports') rule.words += `, to ${value}`;
  }
  return rule;
}

const actionOf = (target: string, program: string): NatRule['action'] =>
  target === 'DNAT' || target === 'REDIRECT' ? { kind: 'redirect' } : { kind: 'go', chain: `${program} ${target}` };

function rangeOf(text: string): PortRange[] {
  const [first, last = first] = text.split(':').map(Number);
  return first && last && last >= first ? [between(first, last)] : [];
}
