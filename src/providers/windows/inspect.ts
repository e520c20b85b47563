import { codes } from '../../native/windows/codes.ts';
import type { TableSocket } from '../../native/windows/socket-tables.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { PortHolder, PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, holdsPort } from '../../protocol/ranges.ts';
import { inTurns } from '../posix/port-turns.ts';
import type { FoundHolder, Inspection, InspectionOptions, Overview, PortFacts, Refusal } from '../provider.ts';
import { windowsCommands } from './commands.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { exclusionOf } from './exclusions.ts';
import { readExcludedRows, readTables } from './tables.ts';
import type { Task } from './task-list.ts';
import { isCode } from './windows-error.ts';

const MIB_TCP_STATE_LISTEN = 2;
const MIB_TCP_STATE_ESTAB = 5;

/** A bind of both families at once is what Windows is asked for: what refuses one refuses the socket. */
async function refusalOf(protocol: Protocol, port: number): Promise<Refusal | undefined> {
  try {
    await tryPort(protocol, port);
    return undefined;
  } catch (error) {
    if (isCode(error, codes.WSAEADDRINUSE)) return 'inUse';
    if (isCode(error, codes.WSAEACCES)) return 'denied';
    throw error;
  }
}

function stateOf({ state }: TableSocket): PortHolder['state'] {
  if (state === undefined || state === MIB_TCP_STATE_LISTEN) return 'listening';
  return state <= MIB_TCP_STATE_ESTAB ? 'connected' : 'closing';
}

const order: readonly PortHolder['state'][] = ['listening', 'connected', 'closing'];

/** The sockets of one port by process; process 0 has what is left of closed connections. */
export function holdersOf(sockets: readonly TableSocket[], tasks: ReadonlyMap<number, Task>): FoundHolder[] {
  const holders = new Map<number, FoundHolder>();
  for (const socket of sockets) {
    const { processId } = socket;
    let found = holders.get(processId);
    if (!found) {
      const holder: PortHolder = { state: 'closing', addresses: [] };
      found =
        processId === 0
          ? { holder }
          : { holder: { ...holder, processId, ...tasks.get(processId) }, end: windowsCommands.endProcess(processId) };
      const service = tasks.get(processId)?.service;
      if (service) found.end = `Stop-Service ${service.replaceAll(',', ', ')} -Force`;
      holders.set(processId, found);
    }
    if (order.indexOf(stateOf(socket)) < order.indexOf(found.holder.state)) found.holder.state = stateOf(socket);
  }
  return [...holders.values()].sort((a, b) => order.indexOf(a.holder.state) - order.indexOf(b.holder.state));
}

/** The row that has the port; one that nobody can bind in goes before an administrator's. */
export function rowOf(rows: readonly ExcludedRow[], port: number): ExcludedRow | undefined {
  const having = rows.filter(({ range }) => holdsPort(range, port));
  return having.find(({ administered }) => !administered) ?? having[0];
}

/** What each port is, by a bind, the tables of sockets and processes, and the rows of netsh. */
export async function inspectPorts(
  protocol: Protocol,
  ranges: readonly PortRange[],
  { usualDynamicRange, signal, onBound }: InspectionOptions & { usualDynamicRange: PortRange },
): Promise<Inspection> {
  const probed: { port: number; refusal: Refusal | undefined }[] = [];
  for (const range of ranges) {
    for await (const turn of inTurns(range)) {
      signal?.throwIfAborted();
      for (let port = turn.startPort; port <= endPort(turn); port++) {
        probed.push({ port, refusal: await refusalOf(protocol, port) });
      }
      onBound?.(turn.numberOfPorts);
    }
  }
  const [tables, excluded] = await Promise.all([readTables(protocol, usualDynamicRange), readExcludedRows(protocol)]);
  const { sockets, tasks, dynamicRange } = tables;
  const { rows, lasting } = excluded;
  const ports = probed.map(({ port, refusal }): PortFacts => {
    const row = rowOf(rows, port);
    return {
      port,
      refusals: refusal ? { ipv4: refusal, ipv6: refusal } : {},
      holders: holdersOf(sockets.get(port) ?? [], tasks),
      ...(row && { exclusion: exclusionOf(protocol, row, lasting) }),
    };
  });
  return { ports, families: [], dynamicRange, warnings: [...tables.warnings, ...excluded.warnings] };
}

/** What all ports are, by the same tables alone. Windows keeps no port for those with a right. */
export async function overviewOfPorts(protocol: Protocol, usualDynamicRange: PortRange): Promise<Overview> {
  const { sockets, tasks, dynamicRange, warnings } = await readTables(protocol, usualDynamicRange);
  const holders = new Map([...sockets].map(([port, those]) => [port, holdersOf(those, tasks)]));
  return { holders, dynamicRange, warnings };
}
