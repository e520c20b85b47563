import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { holdsPort, maximumPort } from '../../protocol/ranges.ts';
import type { HiddenRange } from './hidden-range.ts';
import type { Sight } from './sight.ts';

/** One bound socket that no table shows is not to be taken for a range; guests get thousands of ports. */
const fewest = 16;

/** Where more is refused it is no range, but this process that is kept from binding, as in a sandbox. */
const most = 32_768;

/** The codes of a bind to a port that somebody has. */
const refusals: readonly unknown[] = [codes.WSAEADDRINUSE, codes.WSAEACCES];

/**
 * The hidden range that the port lies in; undefined where a socket or a row accounts for the refusal, or where its neighbours
 * can be bound.
 *
 * @param refusal what a bind to the port was refused with
 */
export async function hiddenAt(
  protocol: Protocol,
  port: number,
  refusal: NativeError,
  sight: Sight,
): Promise<HiddenRange | undefined> {
  const { code } = refusal;
  if (typeof code !== 'number' || !refusals.includes(code) || sight.refusesAll.has(protocol)) return undefined;
  const known = sight.hidden.get(protocol) ?? [];
  const found = known.find(({ range }) => holdsPort(range, port));
  if (found) return found;
  const [sockets, rows] = await Promise.all([sight.sockets(protocol), sight.rows(protocol)]);
  const shown = new Set(sockets.map((socket) => socket.port));
  // An administrator's exclusion refuses no bind.
  const closed = rows.filter(({ administered }) => !administered);
  const isShown = (one: number) => shown.has(one) || closed.some(({ range }) => holdsPort(range, one));
  if (isShown(port)) return undefined;
  const listed = (await sight.guests(protocol)).find((range) => holdsPort(range, port));
  const range =
    listed ?? (await extentOf(port, async (one) => !isShown(one) && (await isRefused(protocol, one, code))));
  if (!listed && range.numberOfPorts > most) sight.refusesAll.add(protocol);
  if (!listed && (range.numberOfPorts < fewest || range.numberOfPorts > most)) return undefined;
  const hidden = { range, code, isListed: listed !== undefined };
  sight.hidden.set(protocol, [...known, hidden]);
  return hidden;
}

async function isRefused(protocol: Protocol, port: number, code: number): Promise<boolean> {
  try {
    await tryPort(protocol, port);
    return false;
  } catch (error) {
    return error instanceof NativeError && error.code === code;
  }
}

/** How far it goes on both sides of the port: in strides that double, and then in halves. */
export async function extentOf(port: number, belongs: (port: number) => Promise<boolean>): Promise<PortRange> {
  const last = await edge(port, 1, belongs);
  const startPort = await edge(port, -1, belongs);
  return { startPort, numberOfPorts: last - startPort + 1 };
}

async function edge(port: number, sign: 1 | -1, belongs: (port: number) => Promise<boolean>): Promise<number> {
  const room = sign > 0 ? maximumPort - port : port - 1;
  let inside = 0;
  let outside = room + 1;
  for (let stride = 1; inside + stride <= room; stride *= 2) {
    if (!(await belongs(port + sign * (inside + stride)))) {
      outside = inside + stride;
      break;
    }
    inside += stride;
  }
  while (outside - inside > 1) {
    const middle = Math.floor((inside + outside) / 2);
    if (await belongs(port + sign * middle)) inside = middle;
    else outside = middle;
  }
  return port + sign * inside;
}
