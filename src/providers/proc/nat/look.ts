import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { unlessHidden } from '../../../machine/unless-hidden.ts';
import { natChains } from '../../../native/linux/nf-tables.ts';
import { NativeError } from '../../../native/native-error.ts';
import type { Protocol } from '../../../protocol/generated/contract.ts';
import { PortSet } from '../../../protocol/port-set.ts';
import { parseIptables } from './iptables.ts';
import { type NatTables, parseNft } from './nft.ts';
import { type Redirections, redirectionsIn } from './rules.ts';

const run = promisify(execFile);
const options = { timeout: 10_000, maxBuffer: 256 << 20, env: { LC_ALL: 'C', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } };

/** By absolute path alone: they run with the rights of this process. */
const pathOf = (name: string): string | undefined =>
  ['/usr/sbin', '/sbin', '/usr/bin', '/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path));

/** What was found, or why nothing was looked at. */
export interface NatLook {
  redirections: Redirections;
  /** One sentence. */
  warning?: string;
}

const nothing: Redirections = new Map();

let last: { generation: number; tables: readonly NatTables[]; isWhole: boolean } | undefined;

/** Where NAT rules of this network namespace send what comes to its ports. */
export async function lookAtNat(protocol: Protocol): Promise<NatLook> {
  // Without connection tracking there is no NAT.
  if (!existsSync('/proc/sys/net/netfilter/nf_conntrack_max')) return { redirections: nothing };
  const old = oldTables();
  let chains = { generation: 0, hasNat: false };
  try {
    chains = await natChains();
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
    if (error.code === 'EPERM') return { redirections: nothing, warning: notSeen('that takes root') };
    if (!withoutNftables.has(error.code)) {
      return { redirections: nothing, warning: notSeen(`the kernel may not be asked (${error.code})`) };
    }
    if (isHidden('/proc/net/ip_tables_names')) return { redirections: nothing, warning: notSeen('that takes root') };
  }
  if (!chains.hasNat && old.length === 0) return { redirections: nothing };
  if (!last || last.generation !== chains.generation || old.length > 0) {
    last = { generation: chains.generation, ...(await readTables(chains.hasNat, old)) };
  }
  const redirections = new Map(last.tables.flatMap(({ rules, bases }) => [...redirectionsIn(protocol, rules, bases)]));
  return { redirections, ...(!last.isWhole && { warning: notSeen('the program nft is not there') }) };
}

const notSeen = (why: string): string =>
  `NAT rules, which may send what comes to a port elsewhere, were not looked at: ${why}.`;

/** What a kernel answers that has no nftables. */
const withoutNftables = new Set<string | number>(['EPROTONOSUPPORT', 'EINVAL', 'EOPNOTSUPP']);

/** Whether it is there, and not for this user. */
const isHidden = (file: string): boolean =>
  existsSync(file) && unlessHidden(() => readFileSync(file, 'latin1')) === undefined;

/** The programs that show what the older iptables has. */
function oldTables(): string[] {
  const has = (file: string) =>
    unlessHidden(() => readFileSync(file, 'latin1'))
      ?.split('\n')
      .includes('nat') ?? false;
  return [
    ...(has('/proc/net/ip_tables_names') ? ['iptables-legacy'] : []),
    ...(has('/proc/net/ip6_tables_names') ? ['ip6tables-legacy'] : []),
  ];
}

async function readTables(hasNft: boolean, old: readonly string[]): Promise<{ tables: NatTables[]; isWhole: boolean }> {
  const saved = async (name: string): Promise<NatTables[] | undefined> => {
    const program = pathOf(`${name}-save`);
    const text = program && (await output(program, ['-t', 'nat']));
    return text === undefined ? undefined : [parseIptables(text, name)];
  };
  const foreign = hasNft ? await Promise.all(['iptables', 'ip6tables'].map(saved)) : [];
  const legacy = await Promise.all(old.map(saved));
  const skipsForeign = foreign.every((one) => one !== undefined);
  const nft = hasNft ? pathOf('nft') : undefined;
  const text = nft && (await output(nft, ['-j', 'list', 'ruleset']));
  const own = text === undefined ? [] : [parseNft(text, { skipsForeign })];
  return {
    tables: [...own, ...foreign, ...legacy].flatMap((one) => one ?? []),
    isWhole: (!hasNft || text !== undefined) && legacy.every((one) => one !== undefined),
  };
}

async function output(program: string, words: string[]): Promise<string | undefined> {
  try {
    return (await run(program, words, options)).stdout;
  } catch {
    return undefined;
  }
}

/** The ports whose packets go elsewhere, as far as this user may know, and what could not be looked at. */
export async function redirectedPorts(protocol: Protocol): Promise<{ ports: PortSet; warnings: string[] }> {
  const { redirections, warning } = await lookAtNat(protocol);
  const ports = new PortSet();
  for (const port of redirections.keys()) ports.add(port);
  return { ports, warnings: warning === undefined ? [] : [warning] };
}
