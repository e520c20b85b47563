import type { SockDiag } from '../../native/linux/sock-diag.ts';
import { NativeError } from '../../native/native-error.ts';
import type { Sockets } from '../../native/posix/socket.ts';
import { TCP_TIME_WAIT } from '../proc/tcp-states.ts';

/** An address of this machine that no connection is from. */
export const spareLoopback = [127, 201, 17, 5];

/**
 * Binds a TCP port that only TIME_WAIT is left on, as every server does that is started again (SO_REUSEADDR), and makes it
 * exclusive then.
 *
 * After the bind the option is taken off. Some kernels remember of a port that all of its sockets had the option, and ask no
 * more when the next one has it, too; a socket without it, bound for a moment to an address that nobody uses, makes them
 * forget that. (Linux 6.18 asks each time.)
 *
 * @param bind opens a socket, binds it with or without the option, and gives its descriptor
 * @returns undefined where more than that is on the port, or the kernel does not say (before Linux 6.8)
 */
export function bindPastTimeWait(
  port: number,
  { sockets, diag, bind }: { sockets: Sockets; diag: SockDiag; bind: () => number },
): number | undefined {
  const left = countIfTold(diag, port);
  if (!left || left.timeWait === 0 || left.others > 0) return undefined;
  let descriptor: number | undefined;
  try {
    const plain = sockets.open('inet', 'tcp');
    try {
      sockets.bindTo(plain, spareLoopback, port);
    } finally {
      sockets.close(plain);
    }
    descriptor = bind();
    sockets.setReuseAddress(descriptor, false);
    // Somebody else may have come in between, with the option, too.
    if (count(diag, port).others === 1) return descriptor;
  } catch (error) {
    if (!(error instanceof NativeError)) throw error;
  }
  if (descriptor !== undefined) sockets.close(descriptor);
  return undefined;
}

function count(diag: SockDiag, port: number): { timeWait: number; others: number } {
  const counts = { timeWait: 0, others: 0 };
  diag.visit('tcp', port, (message) => {
    if (message.port === port) counts[message.state === TCP_TIME_WAIT ? 'timeWait' : 'others']++;
  });
  return counts;
}

function countIfTold(diag: SockDiag, port: number): ReturnType<typeof count> | undefined {
  try {
    return count(diag, port);
  } catch {
    return undefined;
  }
}

/** Whether the system is not done with closed connections on the port. */
export const hasTimeWait = (diag: SockDiag, port: number): boolean => (countIfTold(diag, port)?.timeWait ?? 0) > 0;
