import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { NativeError } from '../native-error.ts';
import { checkShorts, decodeInstance, encodeRange, encodeToken, ioctls, layouts } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/* Sockets and the SIO_*_PORT_RESERVATION ioctls (ws2_32.dll, mstcpip.h). Node has already called WSAStartup. */

/** A SOCKET: pointer-sized, far below 2^53 in practice. */
export type Socket = number;

const AF_INET = 2;
const AF_INET6 = 23;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const IPPROTO_TCP = 6;
const IPPROTO_UDP = 17;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 27;
const SOL_SOCKET = 0xffff;
const SO_EXCLUSIVEADDRUSE = -5;
const WSA_FLAG_OVERLAPPED = 0x01;
const WSA_FLAG_NO_HANDLE_INHERIT = 0x80;
const INVALID_SOCKET = -1;

const kinds = {
  tcp: { type: SOCK_STREAM, protocol: IPPROTO_TCP },
  udp: { type: SOCK_DGRAM, protocol: IPPROTO_UDP },
} as const;

const ws2 = new SystemLibrary('ws2_32.dll');

const prototypes = {
  WSASocketW:
    'intptr_t __stdcall WSASocketW(int af, int type, int protocol, void *info, uint32_t group, uint32_t flags)',
  WSAIoctl:
    'int __stdcall WSAIoctl(uintptr_t s, uint32_t code, void *in, uint32_t cbIn, void *out, uint32_t cbOut, _Out_ uint32_t *bytes, void *overlapped, void *routine)',
  setsockopt: 'int __stdcall setsockopt(uintptr_t s, int level, int name, void *value, int length)',
  bind: 'int __stdcall bind(uintptr_t s, void *name, int length)',
  getsockname: 'int __stdcall getsockname(uintptr_t s, _Out_ uint8_t *name, _Inout_ int *length)',
  closesocket: 'int __stdcall closesocket(uintptr_t s)',
  WSAGetLastError: 'int __stdcall WSAGetLastError()',
} as const;

/** Binds the function and WSAGetLastError first, so that the error is read at once after the call. */
async function binder(name: keyof typeof prototypes) {
  const call = await ws2.bind(name, prototypes[name]);
  const lastError = await ws2.bind('WSAGetLastError', prototypes.WSAGetLastError);
  return {
    call,
    fail: (what: string = name): never => {
      throw new NativeError(what, lastError());
    },
  };
}

/** The address family of a socket; `inet6` serves IPv4 as well. */
export type Family = 'inet' | 'inet6';

/**
 * A new socket that no child inherits.
 * @throws NativeError
 */
export async function openSocket(protocol: Protocol, family: Family = 'inet6'): Promise<Socket> {
  const { call, fail } = await binder('WSASocketW');
  const { type, protocol: number } = kinds[protocol];
  const flags = WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT;
  const socket = call(family === 'inet' ? AF_INET : AF_INET6, type, number, null, 0, flags);
  if (socket === INVALID_SOCKET) fail();
  if (family === 'inet') return socket;
  try {
    await setOption(socket, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  } catch (error) {
    await closeSocket(socket);
    throw error;
  }
  return socket;
}

async function setOption(socket: Socket, level: number, name: number, value: number): Promise<void> {
  const { call, fail } = await binder('setsockopt');
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  if (call(socket, level, name, bytes, bytes.length) !== 0) fail();
}

/** Closes the socket; what it acquired is free then. */
export async function closeSocket(socket: Socket): Promise<void> {
  const { call, fail } = await binder('closesocket');
  if (call(socket) !== 0) fail();
}

async function ioctl(name: keyof typeof ioctls, socket: Socket, input: Buffer, outputSize: number): Promise<Buffer> {
  const { call, fail } = await binder('WSAIoctl');
  const output = Buffer.alloc(outputSize);
  const out = outputSize === 0 ? null : output;
  if (call(socket, ioctls[name], input, input.length, out, outputSize, [0], null, null) !== 0) fail(name);
  return output;
}

/**
 * SIO_ACQUIRE_PORT_RESERVATION: reserves the range, or with `startPort` 0 any block of that size, for as long as the
 * socket is open.
 * @throws NativeError 10048 in use or reserved, 10022 bad range, 10045 not on this system
 */
export async function acquireReservation(
  socket: Socket,
  range: PortRange,
): Promise<{ startPort: number; numberOfPorts: number; token: bigint }> {
  checkShorts(range);
  const size = layouts.INET_PORT_RESERVATION_INSTANCE.size;
  return decodeInstance(await ioctl('SIO_ACQUIRE_PORT_RESERVATION', socket, encodeRange(range), size));
}

/**
 * SIO_ASSOCIATE_PORT_RESERVATION: lets the socket bind inside the range of the token; only before bind.
 * @throws NativeError 10013 persistent token and not elevated, 10022 unknown token or wrong protocol, 10045
 */
export async function associateReservation(socket: Socket, token: bigint): Promise<void> {
  await ioctl('SIO_ASSOCIATE_PORT_RESERVATION', socket, encodeToken(token), 0);
}

/**
 * SIO_RELEASE_PORT_RESERVATION: ends a runtime reservation of this process.
 * @throws NativeError 10022 not a runtime reservation of this process
 */
export async function releaseReservation(socket: Socket, token: bigint): Promise<void> {
  await ioctl('SIO_RELEASE_PORT_RESERVATION', socket, encodeToken(token), 0);
}

/** The name to bind a socket to: all addresses of its family, or the one whose bytes are given. */
function socketName(port: number, ip?: readonly number[], family: Family = 'inet6'): Buffer {
  const { size, sin_family, sin_port, sin_addr } = layouts.sockaddr_in;
  const { size: size6, sin6_family, sin6_port, sin6_addr } = layouts.sockaddr_in6;
  const isIpv4 = family === 'inet';
  const name = Buffer.alloc(isIpv4 ? size : size6);
  name.writeUInt16LE(isIpv4 ? AF_INET : AF_INET6, isIpv4 ? sin_family : sin6_family);
  name.writeUInt16BE(port, isIpv4 ? sin_port : sin6_port);
  if (ip) name.set(ip, isIpv4 ? sin_addr : sin6_addr);
  return name;
}

/**
 * Binds to the port, or with port 0 to whichever the system chooses, and says which it was.
 * @throws NativeError 10013 reserved, 10048 in use
 */
export async function bindSocket(
  socket: Socket,
  port: number,
  { family, ip }: { family?: Family; ip?: readonly number[] } = {},
): Promise<number> {
  const { call, fail } = await binder('bind');
  const name = socketName(port, ip, family);
  if (call(socket, name, name.length) !== 0) fail();
  const { call: getName, fail: failName } = await binder('getsockname');
  if (getName(socket, name, [name.length]) !== 0) failName();
  // The port is at the same place in both families.
  return name.readUInt16BE(layouts.sockaddr_in6.sin6_port);
}

/**
 * Binds a new socket that shares the port with nobody, and closes it.
 * @throws NativeError 10013 reserved, 10048 in use
 */
export async function tryPort(protocol: Protocol, port: number): Promise<void> {
  const socket = await openSocket(protocol);
  try {
    await setOption(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE, 1);
    await bindSocket(socket, port);
  } finally {
    await closeSocket(socket);
  }
}
