import type { TypeObject } from 'koffi';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from './error-name.ts';

/** Memory of C: a buffer, or an address that stays valid as long as the process. */
type Pointer = NodeJS.TypedArray | bigint;

/** The socket functions of the C library. They return -1 for a failure, which `failure` then names. */
export interface Libc {
  socket(family: number, type: number, protocol: number): number;
  setsockopt(descriptor: number, level: number, option: number, value: Pointer, length: number): number;
  bind(descriptor: number, address: Pointer, length: number): number;
  listen(descriptor: number, backlog: number): number;
  close(descriptor: number): number;
  dup2(from: number, to: number): number;
  fcntl(descriptor: number, command: number, type: 'int', value: number): number;
  /** The error of the call just made; nothing may stand between. */
  failure(osFunction: string): NativeError;
  /** A `struct sock_fprog` with the given classic BPF instructions, allocated for the life of the process. */
  socketProgram(instructions: readonly BpfInstruction[]): { pointer: bigint; size: number };
}

/** A `struct sock_filter`. */
interface BpfInstruction {
  code: number;
  jt: number;
  jf: number;
  k: number;
}

let loaded: Promise<Libc> | undefined;

/** The C library that this process already has, bound on first use. */
export function libc(): Promise<Libc> {
  loaded ??= bind();
  return loaded;
}

async function bind(): Promise<Libc> {
  const ffi = await koffi();
  const library = ffi.load(null);
  const filter = ffi.struct({ code: 'uint16_t', jt: 'uint8_t', jf: 'uint8_t', k: 'uint32_t' });
  const program = ffi.struct({ len: 'uint16_t', filter: 'void *' });

  const allocate = (type: TypeObject, values: readonly unknown[]): bigint => {
    const memory = ffi.alloc(type, values.length);
    ffi.encode(memory, ffi.array(type, values.length), values);
    return memory;
  };

  return {
    socket: library.func('int socket(int domain, int type, int protocol)'),
    setsockopt: library.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
    bind: library.func('int bind(int fd, const void *address, uint32_t length)'),
    listen: library.func('int listen(int fd, int backlog)'),
    close: library.func('int close(int fd)'),
    dup2: library.func('int dup2(int from, int to)'),
    fcntl: library.func('int fcntl(int fd, int command, ...)'),
    failure: (osFunction) => new NativeError(osFunction, errorName(ffi.errno())),
    socketProgram: (instructions) => {
      const pointer = allocate(program, [{ len: instructions.length, filter: allocate(filter, instructions) }]);
      return { pointer, size: ffi.sizeof(program) };
    },
  };
}
