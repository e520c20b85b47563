import type { PortRange, Protocol } from '../../../protocol/generated/contract.ts';
import { isOfThisMachine } from './local-addresses.ts';
import { between, deletion, type NatRule } from './rules.ts';

/* The JSON of `nft -j list ruleset` (libnftables-json), as far as it says where packets to a port go. */
type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
type JsonObject = { [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectAt = (value: Json | undefined, key: string): JsonObject | undefined => {
  const inner = isObject(value) ? value[key] : undefined;
  return isObject(inner) ? inner : undefined;
};

/** The rules and the chains that packets to this machine come to. */
export interface NatTables {
  rules: NatRule[];
  bases: string[];
}

/**
 * Reads the ruleset.
 * @param skipsForeign whether what iptables put there, which it shows better itself, is left out
 */
export function parseNft(text: string, { skipsForeign }: { skipsForeign: boolean }): NatTables {
  const entries = (JSON.parse(text) as { nftables: Json[] }).nftables;
  const bases: string[] = [];
  const elements = new Map<string, Json[]>();
  const rules: NatRule[] = [];
  for (const entry of entries) {
    const chain = objectAt(entry, 'chain');
    if (chain?.type === 'nat' && (chain.hook === 'prerouting' || chain.hook === 'output'))
      bases.push(nameOf(chain, chain.name));
    for (const kind of ['set', 'map']) {
      const set = objectAt(entry, kind);
      if (set) elements.set(nameOf(set, set.name), Array.isArray(set.elem) ? set.elem : []);
    }
  }
  for (const entry of entries) {
    const rule = objectAt(entry, 'rule');
    if (rule) rules.push(...rulesOf(rule, { elements, skipsForeign }));
  }
  return { rules, bases };
}

const nameOf = ({ family, table }: JsonObject, name: Json | undefined): string => `${family} ${table} ${name}`;

interface Surroundings {
  elements: ReadonlyMap<string, Json[]>;
  skipsForeign: boolean;
}

/** One rule, or of a map from ports to what is done with them, one for each. */
function rulesOf(rule: JsonObject, { elements, skipsForeign }: Surroundings): NatRule[] {
  const { family, table, chain, handle } = rule;
  const chainName = nameOf(rule, chain);
  const command = `nft delete rule ${family} ${table} ${chain} handle ${handle}`;
  const base: NatRule = {
    chain: chainName,
    isLocal: true,
    words: `a rule of nftables, ${family} ${table} ${chain}`,
    end: () => deletion(command, base.ports),
  };
  const found: NatRule[] = [];
  let isForeign = false;
  const listed = (value: Json | undefined): Json[] => {
    if (typeof value === 'string' && value.startsWith('@')) return elements.get(nameOf(rule, value.slice(1))) ?? [];
    if (isObject(value) && Array.isArray(value.set)) return value.set;
    return Array.isArray(value) ? value : [];
  };
  for (const statement of Array.isArray(rule.expr) ? rule.expr : []) {
    if (!isObject(statement)) continue;
    const match = objectAt(statement, 'match');
    if (match) narrow(base, match, listed);
    const target = objectAt(statement, 'jump') ?? objectAt(statement, 'goto');
    if (target) base.action = { kind: 'go', chain: nameOf(rule, target.target) };
    const verdicts = objectAt(statement, 'vmap');
    if (verdicts && keyOf(verdicts.key)) found.push(...mapped(base, listed(verdicts.data), rule));
    const nat = statement.dnat !== undefined ? statement.dnat : statement.redirect;
    if (statement.dnat !== undefined || statement.redirect !== undefined || objectAt(statement, 'tproxy')) {
      base.action = { kind: 'redirect' };
      base.words += destination(nat);
      const byPort = objectAt(objectAt(nat, 'addr'), 'map') ?? objectAt(objectAt(nat, 'port'), 'map');
      if (byPort && keyOf(byPort.key)) {
        base.ports = listed(byPort.data).flatMap((pair) => (Array.isArray(pair) ? portsOf(pair[0]!) : []));
      }
    }
    const foreign = objectAt(statement, 'xt');
    if (foreign) isForeign = true;
    if (foreign?.type === 'target' && ['DNAT', 'REDIRECT'].includes(`${foreign.name}`))
      base.action = { kind: 'redirect' };
  }
  if (isForeign && skipsForeign) return [];
  return [base, ...found];
}

const destination = (nat: Json | undefined): string => {
  const [address, port] = isObject(nat) ? [nat.addr, nat.port] : [];
  const to = `${typeof address === 'string' ? address : ''}${typeof port === 'number' ? `:${port}` : ''}`;
  return to ? `, to ${to}` : '';
};

/** Whether the key has a port in it: alone, or as the last of several. */
const keyOf = (key: Json | undefined): boolean => JSON.stringify(key ?? null).includes('"field":"dport"');

/** A map from ports to chains. */
function mapped(base: NatRule, pairs: readonly Json[], rule: JsonObject): NatRule[] {
  return pairs.flatMap((pair): NatRule[] => {
    if (!Array.isArray(pair)) return [];
    const [key, verdict] = pair;
    const target = objectAt(verdict, 'goto') ?? objectAt(verdict, 'jump');
    const parts = isObject(key) && Array.isArray(key.concat) ? key.concat : [key!];
    const protocol = parts.find((part) => part === 'tcp' || part === 'udp') as Protocol | undefined;
    const address = parts.find((part) => typeof part === 'string' && /[.:]/.test(part));
    const ports = portsOf(parts.at(-1)!);
    if (!target || ports.length === 0) return [];
    const isLocal = base.isLocal && (typeof address !== 'string' || isOfThisMachine(address));
    const { end: _, ...rest } = base;
    return [
      {
        ...rest,
        ...(protocol && { protocol }),
        ports,
        isLocal,
        action: { kind: 'go', chain: nameOf(rule, target.target) },
      },
    ];
  });
}

/** What a match leaves of the packets. */
function narrow(rule: NatRule, { op, left, right }: JsonObject, listed: (value: Json | undefined) => Json[]): void {
  const payload = objectAt(left, 'payload');
  const isAll = op === '==' || op === 'in' || op === undefined;
  if (payload?.protocol === 'tcp' || payload?.protocol === 'udp') rule.protocol = payload.protocol as Protocol;
  if (payload?.field === 'dport' && isAll) rule.ports = portsOrListed(right, listed);
  if (payload?.field === 'daddr' && isAll) rule.isLocal &&= networksOf(right, listed).some(isOfThisMachine);
  const isProtocol = objectAt(left, 'meta')?.key === 'l4proto' || payload?.field === 'protocol';
  if (isProtocol && isAll && (right === 'tcp' || right === 'udp')) rule.protocol = right;
}

function portsOrListed(right: Json | undefined, listed: (value: Json | undefined) => Json[]): PortRange[] {
  const single = portsOf(right ?? null);
  return single.length > 0 ? single : listed(right).flatMap(portsOf);
}

function networksOf(right: Json | undefined, listed: (value: Json | undefined) => Json[]): string[] {
  const one = (value: Json): string[] => {
    const prefix = objectAt(value, 'prefix');
    if (prefix) return [`${prefix.addr}/${prefix.len}`];
    return typeof value === 'string' && !value.startsWith('@') ? [value] : [];
  };
  const single = one(right ?? null);
  return single.length > 0 ? single : listed(right).flatMap(one);
}

function portsOf(value: Json): PortRange[] {
  if (typeof value === 'number') return [between(value, value)];
  if (!isObject(value)) return [];
  if (Array.isArray(value.range)) return [between(Number(value.range[0]), Number(value.range[1]))];
  return isObject(value.elem) ? portsOf(value.elem.val ?? null) : [];
}
