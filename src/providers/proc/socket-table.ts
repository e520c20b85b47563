import { setImmediate } from 'node:timers/promises';
import { type SockDiag, sockDiag } from '../../native/linux/sock-diag.ts';
import { NativeError } from '../../native/native-error.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { visitSockets } from './proc-net.ts';
import { formatAddress, type SocketRow, socketRowReader } from './socket-row.ts';

const answersPerTurn = 64;

/** The sockets of this network namespace, from the kernel's own dump where it gives one, else from /proc/net. */
async function visit(
  protocol: Protocol,
  port: number,
  visitor: (port: number, state: number, row: () => SocketRow) => void,
): Promise<void> {
  const diag = await loaded();
  if (diag) {
    try {
      const addresses = new Map<string, string>();
      let answers = 0;
      const all = diag.answers(protocol, port, (message) =>
        visitor(message.port, message.state, () => {
          const { state, userId, inode } = message;
          return { state, userId, inode, address: addressOf(message.address, addresses) };
        }),
      );
      for (const _ of all) if (++answers % answersPerTurn === 0) await setImmediate();
      return;
    } catch (error) {
      if (!(error instanceof NativeError)) throw error;
    }
  }
  const read = socketRowReader();
  await visitSockets(protocol, (found, state, table, start) => visitor(found, state, () => read(table, start, state)));
}

async function loaded(): Promise<SockDiag | undefined> {
  try {
    return await sockDiag();
  } catch {
    return undefined;
  }
}

/** There may be very many sockets, and their addresses are few. */
function addressOf(bytes: Buffer, known: Map<string, string>): string {
  const digits = bytes.toString('latin1');
  let address = known.get(digits);
  if (address === undefined) {
    address = formatAddress([...bytes]);
    known.set(digits, address);
  }
  return address;
}

/** The sockets on each of these ports. */
export async function rowsOf(protocol: Protocol, wanted: PortSet): Promise<Map<number, SocketRow[]>> {
  const rows = new Map<number, SocketRow[]>();
  const [first, ...others] = wanted.ranges();
  const only = first?.numberOfPorts === 1 && others.length === 0 ? first.startPort : 0;
  await visit(protocol, only, (port, _, row) => {
    if (!wanted.has(port)) return;
    const found = rows.get(port);
    if (found) found.push(row());
    else rows.set(port, [row()]);
  });
  return rows;
}

/** The sockets on all ports of the range. */
export const rowsOn = async (protocol: Protocol, range: PortRange): Promise<SocketRow[]> =>
  [...(await rowsOf(protocol, PortSet.of([range]))).values()].flat();

/** The states of the sockets on the port. */
export async function statesOf(protocol: Protocol, port: number): Promise<Set<number>> {
  const states = new Set<number>();
  await visit(protocol, port, (found, state) => found === port && states.add(state));
  return states;
}

/**
 * The ports with a socket on them: listeners, connections of both ends, closing ones. Before Linux 6.8 a TCP socket that
 * is bound and does not listen is not among them; only a bind finds it.
 */
export async function portsInUse(protocol: Protocol): Promise<PortSet> {
  const ports = new PortSet();
  await visit(protocol, 0, (port) => ports.add(port));
  return ports;
}
