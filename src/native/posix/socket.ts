import { closeSync, openSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';
import { NativeError } from '../native-error.ts';
import * as c from './constants.ts';
import { type Libc, libc } from './libc.ts';

/** The address family of a socket; `inet6` serves IPv4 as well. */
export type Family = 'inet' | 'inet6';

/** What a socket carries. */
export type Transport = 'tcp' | 'udp';

// BPF_RET | BPF_K: returns the constant k, which the kernel takes as an index into the reuseport group.
const returning = (index: number) => ({ code: 0x06, jt: 0, jf: 0, k: index });

const asInt = (value: number) => Int32Array.of(value);
const on = asInt(1);
const off = asInt(0);

/** The wildcard address, ready for a port to be filled in. */
function wildcard(family: number, size: number, hasLength: boolean): Buffer {
  const address = Buffer.alloc(size);
  if (hasLength) address.set([size, family]);
  else new Uint16Array(address.buffer, address.byteOffset, 1)[0] = family;
  return address;
}

/**
 * Sockets that are bound but not served by Node, by descriptor.
 * Each method throws a NativeError with the function and the code's name, such as `bind` and `EADDRINUSE`.
 */
export class Sockets {
  readonly #libc: Libc;
  readonly #constants = c.socketConstants();
  readonly #addresses: Record<Family, Buffer>;
  /** Those that Node knows. */
  readonly #ofNode = new Set<number>();
  readonly #programs = new Map<number, { pointer: bigint; size: number }>();

  private constructor(functions: Libc) {
    this.#libc = functions;
    const { AF_INET, AF_INET6, hasAddressLength } = this.#constants;
    this.#addresses = {
      inet: wildcard(AF_INET, 16, hasAddressLength),
      inet6: wildcard(AF_INET6, 28, hasAddressLength),
    };
  }

  /** The one of this thread: it knows which descriptors end with it. */
  static load(): Promise<Sockets> {
    loaded ??= libc().then((functions) => new Sockets(functions));
    return loaded;
  }

  /** Whether a reuseport group can be told which of its sockets gets what comes. */
  get steers(): boolean {
    return this.#constants.SO_ATTACH_REUSEPORT_CBPF !== undefined;
  }

  /** Opens a socket that child processes do not inherit; `inet6` takes IPv4 too, unless it is told not to. */
  open(family: Family, transport: Transport, withIpv4 = true): number {
    const { AF_INET, AF_INET6, SOCK_CLOEXEC, IPV6_V6ONLY } = this.#constants;
    const type = transport === 'tcp' ? c.SOCK_STREAM : c.SOCK_DGRAM;
    const descriptor = this.#libc.socket(family === 'inet6' ? AF_INET6 : AF_INET, type | (SOCK_CLOEXEC ?? 0), 0);
    if (descriptor < 0) throw this.#libc.failure('socket');
    try {
      if (SOCK_CLOEXEC === undefined && this.#libc.fcntl(descriptor, c.F_SETFD, 'int', c.FD_CLOEXEC) < 0) {
        throw this.#libc.failure('fcntl');
      }
      if (family === 'inet6') this.#set(descriptor, c.IPPROTO_IPV6, IPV6_V6ONLY, withIpv4 ? off : on, 4);
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
    return descriptor;
  }

  /** Binds to the port on every local address of the family the socket was opened with. */
  bind(descriptor: number, family: Family, port: number): void {
    const address = this.#addresses[family];
    address.writeUInt16BE(port, 2);
    if (this.#libc.bind(descriptor, address, address.length) < 0) throw this.#libc.failure('bind');
  }

  /** Binds to the port on one address: four bytes, or sixteen. */
  bindTo(descriptor: number, bytes: readonly number[], port: number): void {
    const family: Family = bytes.length === 4 ? 'inet' : 'inet6';
    const address = Buffer.from(this.#addresses[family]);
    address.writeUInt16BE(port, 2);
    address.set(bytes, family === 'inet' ? 4 : 8);
    if (this.#libc.bind(descriptor, address, address.length) < 0) throw this.#libc.failure('bind');
  }

  /** SO_REUSEPORT: whether sockets of the same user that set it too may share the port. */
  setReusePort(descriptor: number, value: boolean): void {
    this.#set(descriptor, this.#constants.SOL_SOCKET, this.#constants.SO_REUSEPORT, value ? on : off, 4);
  }

  /** SO_REUSEADDR: lets other sockets that set it too have the port, as far as the system allows that. */
  setReuseAddress(descriptor: number, value = true): void {
    this.#set(descriptor, this.#constants.SOL_SOCKET, this.#constants.SO_REUSEADDR, value ? on : off, 4);
  }

  /**
   * Sends every datagram or connection of the socket's reuseport group to one member, counted from 0. Needs SO_REUSEPORT
   * on; of a socket that is not bound yet, and of one that listens.
   */
  steerTo(descriptor: number, member: number): void {
    const program = this.#programs.get(member) ?? this.#libc.socketProgram([returning(member)]);
    this.#programs.set(member, program);
    const { SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF } = this.#constants;
    this.#set(descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF!, program.pointer, program.size);
  }

  /** Lets the system take connections, before anybody accepts them. */
  listen(descriptor: number, backlog: number): void {
    if (this.#libc.listen(descriptor, backlog) < 0) throw this.#libc.failure('listen');
  }

  /**
   * Lets the socket end with this thread, where it is not the main one. Node closes at a thread's end what it has opened
   * itself, by number: so it opens something, and the socket takes the place of that.
   *
   * @returns the descriptor that it has from now on
   */
  endWithThread(descriptor: number): number {
    if (isMainThread) return descriptor;
    let opened: number | undefined;
    try {
      opened = openSync('/dev/null', 'r');
      if (this.#libc.dup2(descriptor, opened) < 0) throw this.#libc.failure('dup2');
      if (this.#libc.fcntl(opened, c.F_SETFD, 'int', c.FD_CLOEXEC) < 0) throw this.#libc.failure('fcntl');
    } catch (error) {
      if (opened !== undefined) closeSync(opened);
      throw error instanceof NativeError
        ? error
        : new NativeError('open', (error as NodeJS.ErrnoException).code!, error);
    }
    this.#libc.close(descriptor);
    this.#ofNode.add(opened);
    return opened;
  }

  /** Closes the descriptor. It is gone even if the system reports an error, so there is nothing to throw. */
  close(descriptor: number): void {
    if (this.#ofNode.delete(descriptor)) closeSync(descriptor);
    else this.#libc.close(descriptor);
  }

  #set(descriptor: number, level: number, option: number, value: Int32Array | bigint, length: number): void {
    if (this.#libc.setsockopt(descriptor, level, option, value, length) < 0) throw this.#libc.failure('setsockopt');
  }
}

let loaded: Promise<Sockets> | undefined;
