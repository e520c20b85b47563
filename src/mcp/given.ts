import type { Enforcement, PortRange, Protocol, Reservation } from '../protocol/generated/contract.ts';
import { formatRange } from '../protocol/ranges.ts';
import type { Tools } from './generated/contract.ts';
import type { Holder } from './whose.ts';

export type Given = Tools['reserve_ports']['result'];

/** From the one that stops most to the one that stops least. */
const enforcements: readonly Enforcement[] = ['kernel', 'socket', 'ephemeralOnly', 'ledger'];

/** What all of them stop. */
export const weakest = (reservations: readonly Reservation[]): Enforcement =>
  enforcements.findLast((one) => reservations.some(({ enforcement }) => enforcement === one))!;

/** `node (process 4711) in /home/ada/shop`. */
export function who({ processId, processName, workingDirectory }: Holder): string {
  const process = processId === undefined ? 'a process that cannot be seen' : `process ${processId}`;
  const name = processName === undefined ? process : `${processName} (${process})`;
  return workingDirectory === undefined ? name : `${name} in ${workingDirectory}`;
}

/** What a client gets for its ports. */
export function given(
  state: Given['state'],
  range: PortRange,
  protocols: readonly Protocol[],
  rest: Pick<Given, 'enforcement' | 'servers' | 'next'>,
): Given {
  const ports = Array.from({ length: range.numberOfPorts }, (_, index) => range.startPort + index);
  const numbered = ports.map((port, index) => [`PORT_${index}`, `${port}`]);
  return {
    state,
    ports,
    urls: protocols.includes('tcp') ? ports.map((port) => `http://localhost:${port}`) : [],
    env: { PORT: `${range.startPort}`, ...Object.fromEntries(numbered) },
    ...rest,
  };
}

/** What to do with ports on which a server listens already. */
export const useServer = (servers: readonly Holder[]): string =>
  servers.every(({ whose }) => whose === 'yours')
    ? "Your folder's own server runs there already: use it, do not start a second one. To start it anew, end exactly that process, and only if you started it; then ask again."
    : 'Something listens there whose folder cannot be seen, such as a container. If you started it, use it; if not, ask for ports with another label.';

/** What to do with ports that are held and nobody uses. */
export const startThere = 'Start the server on these ports now; the reservation lets it in.';

/** Why these are not the ports that the folder had before. */
export const moved = (before: PortRange, holders: readonly Holder[]): string =>
  `The ports it had before (${formatRange(before)}) are taken${holders.length > 0 ? ` by ${holders.map(who).join(', ')}` : ''}: leave that alone, these are new.`;
