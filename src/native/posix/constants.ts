import { platform } from 'node:os';
import { NativeError } from '../native-error.ts';

/** The numbers of <sys/socket.h>, <netinet/in.h> and <fcntl.h> that differ between systems. */
export interface SocketConstants {
  AF_INET: number;
  AF_INET6: number;
  SOL_SOCKET: number;
  SO_REUSEADDR: number;
  SO_REUSEPORT: number;
  IPV6_V6ONLY: number;
  /** Or-ed to the socket's type; undefined where close-on-exec takes a call of its own. */
  SOCK_CLOEXEC: number | undefined;
  /** Undefined where a reuseport group cannot be steered. */
  SO_ATTACH_REUSEPORT_CBPF: number | undefined;
  /** Whether a sockaddr begins with a byte for its length. */
  hasAddressLength: boolean;
}

// The same on every architecture that koffi has a build for.
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const IPPROTO_IPV6 = 41;
export const F_SETFD = 2;
export const FD_CLOEXEC = 1;

const table: Partial<Record<NodeJS.Platform, SocketConstants>> = {
  // Linux: include/linux/socket.h, include/uapi/asm-generic/socket.h, include/uapi/linux/in6.h, include/linux/net.h
  linux: {
    AF_INET: 2,
    AF_INET6: 10,
    SOL_SOCKET: 1,
    SO_REUSEADDR: 2,
    SO_REUSEPORT: 15,
    IPV6_V6ONLY: 26,
    SOCK_CLOEXEC: 0o2000000,
    SO_ATTACH_REUSEPORT_CBPF: 51,
    hasAddressLength: false,
  },
  // Darwin: bsd/sys/socket.h, bsd/netinet6/in6.h
  darwin: {
    AF_INET: 2,
    AF_INET6: 30,
    SOL_SOCKET: 0xffff,
    SO_REUSEADDR: 0x0004,
    SO_REUSEPORT: 0x0200,
    IPV6_V6ONLY: 27,
    SOCK_CLOEXEC: undefined,
    SO_ATTACH_REUSEPORT_CBPF: undefined,
    hasAddressLength: true,
  },
};

/**
 * The constants of this system.
 * @throws NativeError ENOSYS where they are not known
 */
export function socketConstants(): SocketConstants {
  const constants = table[platform()];
  if (!constants) throw new NativeError('socket', 'ENOSYS');
  return constants;
}
