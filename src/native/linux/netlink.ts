import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from '../posix/error-name.ts';

/* linux/netlink.h; little-endian, as all that koffi has a build for. */
const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NLM_F_REQUEST = 1;
const NLM_F_MULTI = 2;
const NLM_F_DUMP = 0x300;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** What stands before every message. */
const headerSize = 16;

/** More than the kernel puts into one answer. */
const bufferSize = 64 * 1024;

interface Functions {
  socket(family: number, type: number, protocol: number): number;
  send(descriptor: number, data: Buffer, length: number, flags: number): number;
  recv(descriptor: number, data: Buffer, length: number, flags: number): number;
  close(descriptor: number): number;
  errno(): number;
}

/** One question to a part of the kernel. */
export interface NetlinkRequest {
  type: number;
  body: Buffer;
  /** All there are of a kind; else one answer. */
  isDump?: boolean;
}

/** Is told each message of an answer, which the next one overwrites: its body lies between. */
export type MessageVisitor = (type: number, buffer: Buffer, start: number, end: number) => void;

/** Questions to the kernel by netlink sockets. */
export class Netlink {
  readonly #functions: Functions;
  readonly #buffer = Buffer.allocUnsafe(bufferSize);

  private constructor(functions: Functions) {
    this.#functions = functions;
  }

  static async load(): Promise<Netlink> {
    const ffi = await koffi();
    const library = ffi.load(null);
    return new Netlink({
      socket: library.func('int socket(int domain, int type, int protocol)'),
      send: library.func('intptr_t send(int fd, const void *data, size_t length, int flags)'),
      recv: library.func('intptr_t recv(int fd, void *data, size_t length, int flags)'),
      close: library.func('int close(int fd)'),
      errno: () => ffi.errno(),
    });
  }

  /**
   * Asks one after the other, and gives way after each piece of an answer.
   * @throws NativeError named `operation`, with the kernel's refusal
   */
  *ask(
    protocol: number,
    operation: string,
    requests: readonly NetlinkRequest[],
    visitor: MessageVisitor,
  ): Generator<void> {
    const descriptor = this.#must('socket', this.#functions.socket(AF_NETLINK, SOCK_RAW_CLOEXEC, protocol));
    try {
      for (const request of requests) {
        const message = messageOf(request);
        this.#must(operation, this.#functions.send(descriptor, message, message.length, 0));
        while (this.#receive(descriptor, operation, visitor)) yield;
      }
    } finally {
      this.#functions.close(descriptor);
    }
  }

  /** Whether there is more to come. */
  #receive(descriptor: number, operation: string, visitor: MessageVisitor): boolean {
    const buffer = this.#buffer;
    const length = this.#must(operation, this.#functions.recv(descriptor, buffer, buffer.length, 0));
    let isMulti = false;
    for (let start = 0; start + headerSize <= length; ) {
      const size = buffer.readUInt32LE(start);
      const type = buffer.readUInt16LE(start + 4);
      isMulti = (buffer.readUInt16LE(start + 6) & NLM_F_MULTI) !== 0;
      if (type === NLMSG_DONE || size < headerSize) return false;
      if (type === NLMSG_ERROR) throw new NativeError(operation, errorName(-buffer.readInt32LE(start + headerSize)));
      visitor(type, buffer, start + headerSize, start + size);
      start += (size + 3) & ~3;
    }
    return isMulti && length > 0;
  }

  #must(name: string, result: number): number {
    if (result < 0) throw new NativeError(name, errorName(this.#functions.errno()));
    return Number(result);
  }
}

function messageOf({ type, body, isDump = false }: NetlinkRequest): Buffer {
  const header = Buffer.alloc(headerSize);
  header.writeUInt32LE(headerSize + body.length, 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(NLM_F_REQUEST | (isDump ? NLM_F_DUMP : 0), 6);
  header.writeUInt32LE(1, 8);
  return Buffer.concat([header, body]);
}

let loaded: Promise<Netlink> | undefined;

/** The one instance of this process, loaded on first use. */
export function netlink(): Promise<Netlink> {
  loaded ??= Netlink.load();
  return loaded;
}
