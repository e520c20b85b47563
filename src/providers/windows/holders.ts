import { type ListedProcess, listedProcesses, ownLine, processFacts } from '../../native/windows/processes.ts';
import { servicesByProcess } from '../../native/windows/service-manager.ts';
import type { TableSocket } from '../../native/windows/socket-tables.ts';
import type { PortHolder } from '../../protocol/generated/contract.ts';
import { plainLine } from '../../protocol/plain-text.ts';
import { addState, byState, type FoundHolder } from '../provider.ts';
import { endOf, endOfEnded, systemProcess } from './ends.ts';
import { Look } from './look.ts';

const MIB_TCP_STATE_LISTEN = 2;
const MIB_TCP_STATE_ESTAB = 5;
const MIB_TCP_STATE_CLOSE_WAIT = 8;
const MIB_TCP_STATE_TIME_WAIT = 11;

/** What is left of closed connections. */
const noProcess = 0;

/** A process, as far as this user may see it. */
export type SeenProcess = Pick<PortHolder, 'processName' | 'executable' | 'user' | 'service'>;

export interface SeenProcesses {
  processes: Map<number, SeenProcess>;
  /** Of the session that asks: this process, and those that it comes from. */
  own: ReadonlySet<number>;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** Who these processes are. */
export async function processesOf(processIds: readonly number[]): Promise<SeenProcesses> {
  const processes = new Map<number, SeenProcess>();
  const look = new Look();
  const ids = new Set(processIds.filter((id) => id !== noProcess));
  if (ids.size === 0) return { processes, own: new Set(), warnings: [] };
  const listed = await look.at('The names of the processes', listedProcesses(), new Map<number, ListedProcess>());
  const services = await look.at('The services', servicesByProcess(), new Map<number, string[]>());
  const hidden: string[] = [];
  for (const id of ids) {
    const isSystem = id === systemProcess;
    // Its sockets are left to one that it started.
    if (!isSystem && listed.size > 0 && !listed.has(id)) continue;
    const [processName, service] = [
      isSystem ? 'System' : plainLine(listed.get(id)?.name ?? ''),
      services.get(id)?.join(','),
    ];
    const facts = isSystem ? undefined : await processFacts(id);
    if (facts && !facts.user) hidden.push(processName ? `${id} (${processName})` : `${id}`);
    processes.set(id, {
      ...(processName && { processName }),
      ...(facts?.path && { executable: facts.path }),
      ...(facts?.user && { user: facts.user }),
      ...(service && { service }),
    });
  }
  return { processes, own: await ownLine(listed), warnings: [...look.warnings, ...unseen(hidden)] };
}

function unseen(hidden: readonly string[]): string[] {
  if (hidden.length === 0) return [];
  const which = `process${hidden.length > 1 ? 'es' : ''} ${hidden.join(', ')}`;
  return [`This user may not see who runs ${which}; an elevated session can.`];
}

function stateOf({ state }: TableSocket): PortHolder['state'] {
  if (state === undefined || state === MIB_TCP_STATE_LISTEN) return 'listening';
  if (state === MIB_TCP_STATE_CLOSE_WAIT) return 'closeWait';
  if (state === MIB_TCP_STATE_TIME_WAIT) return 'timeWait';
  return state <= MIB_TCP_STATE_ESTAB ? 'connected' : 'closing';
}

/**
 * The sockets of one port by process, listeners first.
 * @param urls those that are reserved at HTTP.sys on the port; the kernel listens for it
 * @param own the processes of the session that asks, which are never ended
 */
export function holdersOf(
  sockets: readonly TableSocket[],
  processes: ReadonlyMap<number, SeenProcess>,
  urls: readonly string[] = [],
  own: ReadonlySet<number> = new Set(),
): FoundHolder[] {
  const holders = new Map<number, PortHolder>();
  for (const socket of sockets) {
    const { processId } = socket;
    let holder = holders.get(processId);
    if (!holder) {
      holder = { state: stateOf(socket), addresses: [], ...describe(processId, processes, urls) };
      holders.set(processId, holder);
    }
    if (!holder.addresses.includes(socket.address)) holder.addresses.push(socket.address);
    addState(holder, stateOf(socket));
  }
  const [first] = sockets;
  const found = [...holders.values()].map((holder): FoundHolder => {
    const { processId, unseen } = holder;
    if (processId === undefined) return { holder };
    if (own.has(processId)) return { holder, note: 'this session itself has it', isAskers: true };
    if (unseen === 'ended') return { holder, ...endOfEnded(processId) };
    // What has no state is a datagram socket.
    const protocol = first!.state === undefined ? 'udp' : 'tcp';
    return { holder, ...endOf({ protocol, port: first!.port }, processId, holder) };
  });
  return found.sort(byState);
}

function describe(
  processId: number,
  processes: ReadonlyMap<number, SeenProcess>,
  urls: readonly string[],
): Partial<PortHolder> {
  if (processId === noProcess) return {};
  const seen = processes.get(processId);
  if (!seen) return { processId, unseen: 'ended' };
  return { processId, ...seen, ...(processId === systemProcess && urls.length > 0 && { urls: [...urls] }) };
}
