import { isIPv6 } from 'node:net';
import { ipBytes } from '../../native/ip-bytes.ts';
import {
  associateReservation,
  bindSocket,
  closeSocket,
  openSocket,
  type Socket,
} from '../../native/windows/winsock.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { windowsError } from './windows-error.ts';

/** A port to be bound with the token of its reservation. */
export interface TokenBinding {
  protocol: Protocol;
  port: number;
  token: bigint;
  /** The local address, of either family. Default: all addresses. */
  address?: string;
  /** Whether only IPv4 is served, where no address says it. Default: both families. */
  ipv4Only?: boolean;
}

/**
 * A new socket, bound to a port of the reservation whose token was put on it.
 * @throws ServiceError PortInUse, AccessDenied, NotSupported, OsError
 */
export async function bindTokenSocket({ protocol, port, token, address, ipv4Only }: TokenBinding): Promise<Socket> {
  const family = ipv4Only || (address !== undefined && !isIPv6(address)) ? 'inet' : 'inet6';
  try {
    const socket = await openSocket(protocol, family);
    try {
      await associateReservation(socket, token);
      await bindSocket(socket, port, { family, ...(address !== undefined && { ip: ipBytes(address) }) });
      return socket;
    } catch (error) {
      await closeSocket(socket);
      throw error;
    }
  } catch (error) {
    throw windowsError(error, protocol, { startPort: port, numberOfPorts: 1 });
  }
}

/** Closes a socket that nobody took over. */
export const closeTokenSocket: (socket: Socket) => Promise<void> = closeSocket;
