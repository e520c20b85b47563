import { type OpenedPort, openWith } from '../../library/take.ts';
import type { Reservation } from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Inherited } from './inherited.ts';
import type { NamedPort } from './variables.ts';

/** The sockets of all ports of a block, listening, for a command to take over. */
export interface PassedSockets {
  /** In the order of their ports, those of TCP first. */
  descriptors: number[];
  variables: Record<string, string>;
  /** In one sentence what they are. */
  sentence: string;
  /** Closes this process's end of them. */
  close(): void;
}

/** The first that sd_listen_fds(3) looks at. */
const firstPassed = 3;

/**
 * Opens a socket on each port.
 * @throws ServiceError NotSupported on Windows, PortInUse, AccessDenied, OsError
 */
export async function openSockets(
  { capabilities }: PortService,
  reservations: readonly Reservation[],
  { prefix, named }: { prefix: string; named: readonly NamedPort[] },
): Promise<PassedSockets> {
  const opened: OpenedPort[] = [];
  const close = () => opened.splice(0).forEach((one) => void one.close());
  const names: string[] = [];
  try {
    for (const { protocol, range, token, enforcement } of reservations) {
      const isEnforced = enforcement === 'kernel' && token !== undefined;
      const handOver =
        capabilities.handOver === 'token'
          ? ({ by: 'token', token: undefined } as const)
          : ({ by: 'reusePort', ...(isEnforced && { token: BigInt(token) }) } as const);
      for (let index = 0; index < range.numberOfPorts; index++) {
        opened.push(await openWith(handOver, { protocol, port: range.startPort + index }));
        names.push(named.find((one) => one.index === index)?.name ?? `${prefix}_${index}`);
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  const last = firstPassed + opened.length - 1;
  const numbers = opened.length === 1 ? `descriptor ${firstPassed}` : `descriptors ${firstPassed} to ${last}`;
  const [first] = reservations as [Reservation];
  const ports = formatAllPorts(
    reservations.map(({ protocol }) => protocol),
    first.range,
  );
  return {
    descriptors: opened.map(({ fd }) => fd),
    variables: { LISTEN_FDS: `${opened.length}`, LISTEN_FDNAMES: names.join(':') },
    sentence: `${ports}: open, and handed down as ${numbers}; nobody else gets ${opened.length === 1 ? 'it' : 'them'}`,
    close,
  };
}

/** What the command finds of its caller's beside the sockets, which are meant for it, whatever its process id. */
export const besides = (before: Inherited, { descriptors }: PassedSockets): Inherited => ({
  ...before,
  descriptors: before.descriptors.filter((one) => one >= firstPassed + descriptors.length),
  hasSockets: true,
});
