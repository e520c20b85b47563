import { execFileSync } from 'node:child_process';
import { expect, onTestFinished } from 'vitest';
import { openLedger } from '../../../../src/ledger/open-ledger.ts';
import { openService } from '../../../../src/open-service.ts';
import type { PortStatus, Protocol, ProviderChoice } from '../../../../src/protocol/generated/contract.ts';
import { PortService } from '../../../../src/service/port-service.ts';
import { ownHost } from '../../../support/own-host.ts';
import { startProvider } from '../../../support/provider-process.ts';
import { nobody } from '../../held/support/python.ts';

/** The port that these tests look at, in a network of their own. */
export const port = 21_173;

export async function open(host = ownHost(), provider: ProviderChoice = 'ledger'): Promise<PortService> {
  const service = await openService({ host, provider });
  onTestFinished(() => service.close());
  return service;
}

/** A service whose binds and looks are those of a user without rights. */
export async function openAsNobody(): Promise<PortService> {
  const { provider } = await startProvider([], { provider: 'linux', userId: nobody });
  return new PortService(provider, await openLedger(ownHost()));
}

/** What the service says of one port. */
export async function statusOf(service: PortService, which = port, protocol: Protocol = 'tcp'): Promise<PortStatus> {
  const range = { startPort: which, numberOfPorts: 1 };
  const { ports, warnings } = await service.inspect({ protocol: [protocol], ranges: [range] });
  // An ordinary user may not see NAT rules, which is said where a bind alone says that a port is free.
  expect((warnings ?? []).filter((warning) => !warning.startsWith('NAT rules'))).toEqual([]);
  return ports[0]!;
}

/** Runs a remedy, or another shell command. */
export const run = (command: string) => execFileSync('sh', ['-c', command], { stdio: 'ignore' });
