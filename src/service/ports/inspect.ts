import { setImmediate } from 'node:timers/promises';
import type {
  ExclusionRecord,
  PortExclusion,
  PortRange,
  PortStatus,
  PortStatusList,
  Protocol,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { holdsPort } from '../../protocol/ranges.ts';
import type { FoundHolder, Inspection, PortFacts, Provider } from '../../providers/provider.ts';
import { type CallOptions, tellSteps } from '../call-options.ts';
import { joined } from '../label.ts';
import { explain } from './explanation.ts';
import { preventionOf, remedyFor } from './remedy.ts';
import { type Findings, verdictOf } from './verdict.ts';

/** What the service knows. */
export interface Known {
  reservations: readonly Reservation[];
  /** The exclusions made here. */
  exclusions: readonly ExclusionRecord[];
  warnings: readonly string[];
  isHeldHere: (reservation: Reservation) => boolean;
}

/** About five milliseconds of words. */
const portsPerTurn = 2048;

async function otherEvents(signal: AbortSignal | undefined): Promise<void> {
  await setImmediate();
  signal?.throwIfAborted();
}

/** What each port of the ranges, which share none, is, by port and protocol. */
export async function inspect(
  provider: Provider,
  { protocols, ranges }: { protocols: readonly Protocol[]; ranges: readonly PortRange[] },
  known: Known,
  options: CallOptions,
): Promise<PortStatusList> {
  const found: PortStatus[] = [];
  const warnings = new Set(known.warnings);
  const { signal } = options;
  const total = protocols.length * ranges.reduce((sum, { numberOfPorts }) => sum + numberOfPorts, 0);
  const onBound = tellSteps(options, { title: 'Looking at ports', total, unit: 'ports' });
  for (const protocol of protocols) {
    const inspection = await provider.inspect(protocol, ranges, { signal, onBound });
    const { ports, families, dynamicRange, warnings: unseen } = inspection;
    for (const warning of unseen) warnings.add(warning);
    const reservations = known.reservations.filter((item) => item.protocol === protocol);
    const context = { ...known, reservations, families, dynamicRange };
    for (const [index, facts] of ports.entries()) {
      if (index % portsPerTurn === portsPerTurn - 1) await otherEvents(signal);
      found.push(statusOf(provider, findingsOf(protocol, facts, context)));
    }
  }
  const place = (protocol: Protocol) => protocols.indexOf(protocol);
  found.sort((a, b) => a.port - b.port || place(a.protocol) - place(b.protocol));
  return { ports: found, ...(warnings.size && { warnings: [...warnings] }) };
}

function findingsOf(
  protocol: Protocol,
  facts: PortFacts,
  {
    reservations,
    exclusions,
    families,
    dynamicRange,
    isHeldHere,
  }: Known & Pick<Inspection, 'families' | 'dynamicRange'>,
): Findings {
  const has = (range: PortRange) => holdsPort(range, facts.port);
  const reservation = reservations.find(({ range }) => has(range));
  return {
    protocol,
    facts,
    families,
    reservation,
    exclusion: exclusionOf(protocol, facts, exclusions),
    ...(!facts.exclusion && { lostExclusion: lostFrom(protocol, facts.port, exclusions) }),
    isHeldHere: reservation !== undefined && isHeldHere(reservation),
    dynamicRange: has(dynamicRange) ? dynamicRange : undefined,
  };
}

const lostFrom = (protocol: Protocol, port: number, records: readonly ExclusionRecord[]): ExclusionRecord | undefined =>
  records.find((item) => item.protocol === protocol && item.store === 'persistent' && holdsPort(item.range, port));

/** The exclusion of the port, as it was made here, if it was: the system may have merged it with its neighbours. */
function exclusionOf(
  protocol: Protocol,
  { port, exclusion }: PortFacts,
  records: readonly ExclusionRecord[],
): PortExclusion | undefined {
  if (!exclusion) return undefined;
  const record = records.find((item) => item.protocol === protocol && holdsPort(item.range, port));
  return record && exclusion.administered
    ? joined({ ...exclusion, range: record.range, store: record.store }, record)
    : joined(exclusion, undefined);
}

function statusOf({ commands, excluder }: Provider, findings: Findings): PortStatus {
  const { protocol, facts, families, reservation, exclusion } = findings;
  const { port, refusals } = facts;
  const verdict = verdictOf(findings);
  const prevention = preventionOf(verdict, findings, excluder !== undefined);
  const remedy = remedyFor(verdict, findings, { commands, canExclude: excluder !== undefined });
  const canBind = !refusals.ipv4 && !refusals.ipv6;
  return {
    protocol,
    port,
    canBind,
    ...(families.includes('ipv4') && { canBindIPv4: !refusals.ipv4 }),
    ...(families.includes('ipv6') && { canBindIPv6: !refusals.ipv6 }),
    ...(facts.serving && { serving: facts.serving }),
    verdict,
    holders: facts.holders.map(({ holder }: FoundHolder) => holder),
    ...(reservation && { reservation }),
    ...(exclusion && { exclusion }),
    explanation: explain(verdict, findings),
    ...(prevention && { prevention }),
    ...(remedy && { remedy }),
  };
}
