import { arch } from 'node:os';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { errorName } from '../posix/error-name.ts';

/** asm/unistd.h of each processor that koffi has a build for: the C library has no function for bpf(2). */
const numbers: Record<string, { bpf: number; prlimit64: number }> = {
  x64: { bpf: 321, prlimit64: 302 },
  arm64: { bpf: 280, prlimit64: 261 },
  riscv64: { bpf: 280, prlimit64: 261 },
  loong64: { bpf: 280, prlimit64: 261 },
  ia32: { bpf: 357, prlimit64: 340 },
  arm: { bpf: 386, prlimit64: 369 },
};

/** The system calls without a function of their own. Each gives -1 for a failure, which `failure` then names. */
export interface SystemCalls {
  bpf(command: number, attribute: bigint, size: number): number;
  prlimit64(processId: number, resource: number, limit: BigUint64Array): number;
  /** The error of the call just made; nothing may stand between. */
  errorName(): string;
}

let bound: Promise<SystemCalls> | undefined;

/**
 * Binds them on first use.
 * @throws NativeError ENOSYS on a processor whose numbers are not known
 */
export function systemCalls(): Promise<SystemCalls> {
  bound ??= bind();
  return bound;
}

async function bind(): Promise<SystemCalls> {
  const number = numbers[arch()];
  if (!number) throw new NativeError('bpf', 'ENOSYS');
  const ffi = await koffi();
  const library = ffi.load(null);
  const three = library.func('long syscall(long number, long a, uintptr_t b, long c)');
  const four = library.func('long syscall(long number, long a, long b, const void *c, void *d)');
  return {
    bpf: (command, attribute, size) => Number(three(number.bpf, command, attribute, size)),
    prlimit64: (processId, resource, limit) => Number(four(number.prlimit64, processId, resource, limit, null)),
    errorName: () => errorName(ffi.errno()),
  };
}
