import { dirname } from 'node:path';
import { type Host, thisHost } from './host.ts';
import type { Ledger } from './ledger/ledger.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { FoundPorts } from './machine/found-ports.ts';
import type { Owner, ProviderChoice } from './protocol/generated/contract.ts';
import type { RuntimeHolder } from './providers/provider.ts';
import { selectProvider } from './providers/select.ts';
import { PortService } from './service/port-service.ts';

/** What a service is opened with. */
export interface ServiceOptions {
  /** Default `auto`: windows on Windows, linux on Linux, ledger elsewhere. */
  provider?: ProviderChoice;
  /** The process the service runs in; for tests. */
  host?: Host;
  /** Where runtime reservations live whose token is valid in one process alone (Windows). Default: this process. */
  holder?: RuntimeHolder;
  /** Whom runtime reservations are recorded for. Default: this process. */
  owner?: Pick<Owner, 'processId' | 'processStartTime'>;
}

/**
 * Opens the service in this process: chooses the provider, finds the ledger, joins them.
 *
 * @throws ServiceError NotSupported when the provider does not run on this system
 *
 * @example
 * const service = await openService();
 * const reservation = await service.create({ protocol: 'udp', numberOfPorts: 2, name: 'game' });
 * await service.close(); // frees it
 */
export async function openService({
  provider = 'auto',
  host = thisHost(),
  holder,
  owner,
}: ServiceOptions = {}): Promise<PortService> {
  let ledger: Ledger;
  const home = () => dirname(ledger.file);
  const [selected, opened] = await Promise.all([
    selectProvider(provider, host, { holder, home }),
    openLedger(host, { owner }),
  ]);
  ledger = opened;
  const found = new FoundPorts(host);
  return new PortService(selected, ledger, (protocols, range) => found.note(protocols, range));
}
