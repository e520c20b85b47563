import { processFacts, processNames } from '../../native/windows/processes.ts';
import { servicesByProcess } from '../../native/windows/service-manager.ts';
import type { TableSocket } from '../../native/windows/socket-tables.ts';
import type { PortHolder } from '../../protocol/generated/contract.ts';
import { plainLine } from '../../protocol/plain-text.ts';
import { addState, byState, type FoundHolder } from '../provider.ts';
import { windowsCommands } from './commands.ts';
import { Look } from './look.ts';

const MIB_TCP_STATE_LISTEN = 2;
const MIB_TCP_STATE_ESTAB = 5;

/** What is left of closed connections. */
const noProcess = 0;
/** The kernel: of no user, and for nobody to look at. */
export const systemProcess = 4;

/** A process, as far as this user may see it. */
export type SeenProcess = Pick<PortHolder, 'processName' | 'executable' | 'user' | 'service'>;

export interface SeenProcesses {
  processes: Map<number, SeenProcess>;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** Who these processes are. */
export async function processesOf(processIds: readonly number[]): Promise<SeenProcesses> {
  const processes = new Map<number, SeenProcess>();
  const look = new Look();
  const ids = new Set(processIds.filter((id) => id !== noProcess));
  if (ids.size === 0) return { processes, warnings: [] };
  const names = await look.at('The names of the processes', processNames(), new Map<number, string>());
  const services = await look.at('The services', servicesByProcess(), new Map<number, string[]>());
  const hidden: string[] = [];
  for (const id of ids) {
    const isSystem = id === systemProcess;
    const [processName, service] = [isSystem ? 'System' : plainLine(names.get(id) ?? ''), services.get(id)?.join(',')];
    const facts = isSystem ? undefined : await processFacts(id);
    if (facts && !facts.user) hidden.push(processName ? `${id} (${processName})` : `${id}`);
    processes.set(id, {
      ...(processName && { processName }),
      ...(facts?.path && { executable: facts.path }),
      ...(facts?.user && { user: facts.user }),
      ...(service && { service }),
    });
  }
  return { processes, warnings: [...look.warnings, ...unseen(hidden)] };
}

function unseen(hidden: readonly string[]): string[] {
  if (hidden.length === 0) return [];
  const which = `process${hidden.length > 1 ? 'es' : ''} ${hidden.join(', ')}`;
  return [`This user may not see who runs ${which}; an elevated session can.`];
}

function stateOf({ state }: TableSocket): PortHolder['state'] {
  if (state === undefined || state === MIB_TCP_STATE_LISTEN) return 'listening';
  return state <= MIB_TCP_STATE_ESTAB ? 'connected' : 'closing';
}

/** Lists the processes behind HTTP.sys, with their urls. */
const showUrls = 'netsh http show servicestate view=requestq';

function endOf(processId: number, { service, urls }: SeenProcess & { urls?: string[] }): Pick<FoundHolder, 'end'> {
  if (processId === systemProcess) return urls ? { end: showUrls } : {};
  if (!service) return { end: windowsCommands.endProcess(processId) };
  return { end: `Stop-Service ${service.replaceAll(',', ', ')} -Force` };
}

/**
 * The sockets of one port by process, listeners first.
 * @param urls those that are reserved at HTTP.sys on the port; the kernel listens for it
 */
export function holdersOf(
  sockets: readonly TableSocket[],
  processes: ReadonlyMap<number, SeenProcess>,
  urls: readonly string[] = [],
): FoundHolder[] {
  const holders = new Map<number, FoundHolder>();
  for (const socket of sockets) {
    const { processId } = socket;
    let found = holders.get(processId);
    if (!found) {
      const holder: PortHolder = { state: 'closing', addresses: [] };
      const isForUrls = processId === systemProcess && urls.length > 0;
      const process = { ...processes.get(processId), ...(isForUrls && { urls: [...urls] }) };
      found =
        processId === noProcess
          ? { holder }
          : { holder: { ...holder, processId, ...process }, ...endOf(processId, process) };
      holders.set(processId, found);
    }
    const { addresses } = found.holder;
    if (!addresses.includes(socket.address)) addresses.push(socket.address);
    addState(found.holder, stateOf(socket));
  }
  return [...holders.values()].sort(byState);
}
