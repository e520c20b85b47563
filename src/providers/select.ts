import type { Host } from '../host.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { ProviderChoice, ProviderName } from '../protocol/generated/contract.ts';
import type { Provider, RuntimeHolder } from './provider.ts';

const ownSystem: Partial<Record<ProviderName, NodeJS.Platform>> = { windows: 'win32', linux: 'linux' };

/** What a provider may need besides. */
export interface ProviderOptions {
  holder?: RuntimeHolder | undefined;
  /** Gives the folder of the ledger that its reservations are recorded in. */
  home?: () => string;
}

/** The provider that `auto` stands for on this system. */
function automatic(platform: NodeJS.Platform): ProviderName {
  if (platform === 'win32') return 'windows';
  return platform === 'linux' ? 'linux' : 'ledger';
}

/**
 * The provider of that name; `auto` is the one that gives most on this system.
 * @throws ServiceError NotSupported when this system cannot have it
 */
export async function selectProvider(
  choice: ProviderChoice,
  host: Host,
  { holder, home }: ProviderOptions = {},
): Promise<Provider> {
  const name = choice === 'auto' ? automatic(host.platform) : choice;
  const system = ownSystem[name];
  if (system && system !== host.platform) {
    throw new ServiceError('NotSupported', `The ${name} provider needs ${system}; this system is ${host.platform}.`, {
      target: name,
      hint: `Use the provider ${automatic(host.platform)}, or auto, which chooses it.`,
    });
  }
  // Each is loaded only when chosen, for a quick start.
  switch (name) {
    case 'windows':
      return new (await import('./windows/provider.ts')).WindowsProvider(holder);
    case 'linux':
      return new (await import('./linux/provider.ts')).LinuxProvider(host, home && { home });
    case 'ledger':
      return new (await import('./sockets/provider.ts')).LedgerProvider(host);
  }
}
