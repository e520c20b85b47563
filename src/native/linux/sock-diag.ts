import { type Netlink, netlink } from './netlink.ts';

/* linux/sock_diag.h, linux/inet_diag.h */
const NETLINK_SOCK_DIAG = 4;
const SOCK_DIAG_BY_FAMILY = 20;
const requestSize = 56;

const families = [2, 10] as const;
const transports = { tcp: 6, udp: 17 } as const;

/** Where the fields of `struct inet_diag_msg` lie. */
const at = { family: 0, state: 1, port: 4, address: 8, userId: 64, inode: 68, end: 72 };

/** A socket, as the kernel describes it in an answer that the next one overwrites. */
export class DiagMessage {
  buffer: Buffer = Buffer.alloc(0);
  start = 0;

  get port(): number {
    return this.buffer.readUInt16BE(this.start + at.port);
  }
  /** As in include/net/tcp_states.h. */
  get state(): number {
    return this.buffer[this.start + at.state]!;
  }
  get userId(): number {
    return this.buffer.readUInt32LE(this.start + at.userId);
  }
  get inode(): number {
    return this.buffer.readUInt32LE(this.start + at.inode);
  }
  /** Four bytes or sixteen. */
  get address(): Buffer {
    const first = this.start + at.address;
    return this.buffer.subarray(first, first + (this.buffer[this.start + at.family] === families[0] ? 4 : 16));
  }
}

/** Asks the kernel for its sockets (NETLINK_SOCK_DIAG): no text, and since Linux 6.8 also those that are bound alone. */
export class SockDiag {
  readonly #netlink: Netlink;
  readonly #message = new DiagMessage();

  private constructor(link: Netlink) {
    this.#netlink = link;
  }

  static async load(): Promise<SockDiag> {
    return new SockDiag(await netlink());
  }

  /**
   * Tells of every socket of the protocol in this network namespace, IPv4 and IPv6.
   * @param port that one alone; 0: all
   * @throws NativeError where the kernel has no such answer (ENOENT) or the caller may not ask
   */
  visit(protocol: 'tcp' | 'udp', port: number, visitor: (message: DiagMessage) => void): void {
    for (const _ of this.answers(protocol, port, visitor)) {
      // To the last.
    }
  }

  /** The same in pieces, so that others have their turn in between. */
  answers(protocol: 'tcp' | 'udp', port: number, visitor: (message: DiagMessage) => void): Generator<void> {
    const message = this.#message;
    const requests = families.map((family) => ({
      type: SOCK_DIAG_BY_FAMILY,
      body: requestFor(family, transports[protocol], port),
      isDump: true,
    }));
    return this.#netlink.ask(NETLINK_SOCK_DIAG, 'sock_diag', requests, (type, buffer, start, end) => {
      if (type !== SOCK_DIAG_BY_FAMILY || start + at.end > end) return;
      message.buffer = buffer;
      message.start = start;
      visitor(message);
    });
  }
}

/** A `struct inet_diag_req_v2`: all states. */
function requestFor(family: number, transport: number, port: number): Buffer {
  const request = Buffer.alloc(requestSize);
  request.set([family, transport]);
  request.writeUInt32LE(0xffffffff, 4);
  request.writeUInt16BE(port, 8);
  return request;
}

let loaded: Promise<SockDiag> | undefined;

/** The one instance of this process, loaded on first use. */
export function sockDiag(): Promise<SockDiag> {
  loaded ??= SockDiag.load();
  return loaded;
}
