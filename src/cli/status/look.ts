import type { PortRange, PortStatus, PortStatusList, Protocol } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Address } from '../address.ts';

interface Wanted {
  protocol?: Protocol[];
}

/** What each of the ports is; an address that names a protocol is of that alone. */
export function statusOf(
  service: PortService,
  asked: readonly Address[],
  { protocol = ['tcp'] }: Wanted,
): Promise<PortStatusList> {
  const ranges: Record<Protocol, PortRange[]> = { tcp: [], udp: [] };
  for (const address of asked) {
    for (const one of address.protocol ? [address.protocol] : protocol) ranges[one].push(address.range);
  }
  return inspectEach(service, ranges);
}

/** What listens, or receives datagrams. */
export async function listenersOf(
  service: PortService,
  { protocol = ['tcp', 'udp'] }: Wanted,
): Promise<PortStatusList> {
  const { maps } = await service.map({ protocol: protocol as [Protocol, ...Protocol[]] });
  const ranges: Record<Protocol, PortRange[]> = { tcp: [], udp: [] };
  for (const { protocol: of, segments } of maps) {
    ranges[of] = segments.filter(({ kind }) => kind === 'listening').map(({ range }) => range);
  }
  const { ports, ...list } = await inspectEach(service, ranges);
  // It may have ended meanwhile.
  return { ports: ports.filter(({ holders }) => holders.some(({ state }) => state === 'listening')), ...list };
}

async function inspectEach(
  service: PortService,
  ranges: Readonly<Record<Protocol, readonly PortRange[]>>,
): Promise<PortStatusList> {
  const ports: PortStatus[] = [];
  const warnings = new Set<string>();
  for (const protocol of ['tcp', 'udp'] as const) {
    if (ranges[protocol].length === 0) continue;
    const list = await service.inspect({ protocol, ranges: [...ranges[protocol]] as [PortRange, ...PortRange[]] });
    ports.push(...list.ports);
    for (const warning of list.warnings ?? []) warnings.add(warning);
  }
  ports.sort((a, b) => a.port - b.port);
  return { ports, ...(warnings.size && { warnings: [...warnings] }) };
}
