import type { Protocol } from '../protocol/generated/contract.ts';

/** The cmdlet that keeps one port out of automatic choice, on every system that can. */
export const excludePort = (protocol: Protocol, port: number): string =>
  `New-PortExclusion -Protocol ${protocol === 'tcp' ? 'Tcp' : 'Udp'} -StartPort ${port}`;
