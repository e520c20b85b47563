import { newAddress } from '../../demand/address.ts';
import { type Listener, listenAt } from '../../demand/listener.ts';
import type { Hold, ProviderChoice } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';

/** How a tree is served. */
export interface OnDemand {
  provider?: ProviderChoice;
  /** How ports are held of those who ask as portserver is asked. */
  hold: Hold;
  output: Output;
  terminal: Terminal;
}

/**
 * Opens the address where the command and what it starts may ask for more ports. What serves there is loaded when somebody
 * asks. Undefined where there is no place for one, which is said: the command runs all the same.
 */
export async function listenForTree(
  service: PortService,
  { provider = 'auto', hold, output, terminal }: OnDemand,
): Promise<Listener | undefined> {
  const { platform, env, pid, geteuid } = terminal;
  const userId = geteuid?.();
  const load = async () => {
    const { Conversations } = await import('../../demand/conversations.ts');
    return new Conversations({ platform, userId, provider, hold, log: nobody, service: async () => service });
  };
  try {
    return await listenAt(newAddress({ platform, env, processId: pid, userId }), load, env);
  } catch (error) {
    output.note(`the command cannot ask for more ports: no address can be opened: ${(error as Error).message}.`);
    return undefined;
  }
}

/** The streams are the command's. */
const nobody = { error() {}, warn() {}, info() {}, debug() {} };
