import type { Socket as DatagramSocket } from 'node:dgram';
import type { Server } from 'node:net';
import { thisHost } from '../host.ts';
import type { Token } from '../protocol/generated/contract.ts';
import { bindWith, type HandOver, type ListenOptions, listenWith, type TakeOptions } from './take.ts';

/** What a process needs to know of a reservation that another process of this user holds. */
export interface TokenOption {
  /**
   * The token of a persistent reservation that the kernel enforces. On Windows the port is bound as any other without one;
   * elsewhere what is not enforced so needs none.
   */
  token?: Token;
}

function handOver({ token: text }: TokenOption): HandOver {
  const { platform } = thisHost();
  const token = text === undefined ? undefined : BigInt(text);
  if (platform === 'win32') return { by: 'token', token };
  return platform === 'linux' && token !== undefined ? { by: 'reusePort', token } : { by: 'reusePort' };
}

/**
 * Lets a server listen on a port that this user has reserved, in this process or another: in a worker of a cluster, or
 * in a child that was told the port.
 *
 * @throws InvalidParamsError, ServiceError PortInUse, AccessDenied, OsError
 *
 * @example
 * await listenOn(server, { port: Number(process.env.PORT) });
 */
export const listenOn = (server: Server, options: ListenOptions & TokenOption): Promise<void> =>
  listenWith(handOver(options), server, options);

/** The same for a datagram socket. */
export const bindOn = (socket: DatagramSocket, options: TakeOptions & TokenOption): Promise<void> =>
  bindWith(handOver(options), socket, options);
