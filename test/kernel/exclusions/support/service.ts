import type { Host } from '../../../../src/host.ts';
import { openLedger } from '../../../../src/ledger/open-ledger.ts';
import type { PortExclusion, PortRange } from '../../../../src/protocol/generated/contract.ts';
import type { Provider } from '../../../../src/providers/provider.ts';
import { PortService } from '../../../../src/service/port-service.ts';
import { type Lab, openLab, ports } from '../../../providers/linux/support/sysctl.ts';
import { ownHost } from '../../../support/own-host.ts';

export const tcp = { protocol: 'tcp', range: ports(5000) } as const;
export const udp = { protocol: 'udp', range: ports(5000) } as const;

/** A lab with a service over its provider. */
export interface ServiceLab extends Lab {
  readonly service: PortService;
  readonly host: Host;
  /** Another service, over another provider or for another home. */
  open(provider?: Provider, host?: Host): Promise<PortService>;
  /** What is excluded for TCP, in short: `5000-5009 persistent own`. */
  listed(protocol?: 'tcp' | 'udp'): Promise<string[]>;
}

const end = ({ startPort, numberOfPorts }: PortRange) => startPort + numberOfPorts - 1;

const short = ({ range, store, own, source, name }: PortExclusion) =>
  [`${range.startPort}-${end(range)}`, store, own ? `own${name ? ` ${name}` : ''}` : source].join(' ');

export async function openServiceLab(): Promise<ServiceLab> {
  const lab = await openLab();
  const host = ownHost();
  const open = async (provider: Provider = lab.provider, home = host) =>
    new PortService(provider, await openLedger(home));
  const service = await open();
  return {
    ...lab,
    service,
    host,
    open,
    listed: async (protocol = 'tcp') => (await service.listExclusions({ protocol })).exclusions.map(short),
  };
}
