import type { PortHolder, Protocol } from '../../protocol/generated/contract.ts';
import type { PortSet } from '../../protocol/port-set.ts';
import { addState, byState, type FoundHolder } from '../provider.ts';
import { TCP_CLOSE, TCP_ESTABLISHED, TCP_LISTEN, TCP_SYN_RECV, visitSockets } from './proc-net.ts';
import { processesOfSockets, processFacts, userNames } from './processes.ts';
import type { SocketOwners } from './socket-owners.ts';
import { type SocketRow, socketRowReader } from './socket-row.ts';

const stateOf = (protocol: Protocol, state: number): PortHolder['state'] => {
  // A UDP socket that is not connected is in TCP's state "closed".
  if (state === (protocol === 'tcp' ? TCP_LISTEN : TCP_CLOSE)) return 'listening';
  return TCP_ESTABLISHED <= state && state <= TCP_SYN_RECV ? 'connected' : 'closing';
};

async function rowsOf(protocol: Protocol, wanted: PortSet): Promise<Map<number, SocketRow[]>> {
  const rows = new Map<number, SocketRow[]>();
  const readRow = socketRowReader();
  await visitSockets(protocol, (port, state, table, start) => {
    if (!wanted.has(port)) return;
    const row = readRow(table, start, state);
    const others = rows.get(port);
    if (others) others.push(row);
    else rows.set(port, [row]);
  });
  return rows;
}

interface Looking {
  /** Who looks. */
  userId: number | undefined;
  /** Where one owner of each socket is enough. */
  owners?: SocketOwners;
  signal?: AbortSignal | undefined;
}

/**
 * Who has sockets on these ports: one read of the tables, and where they list any, one walk over the processes.
 * @throws the signal's reason when it is aborted
 */
export async function holdersOf(
  protocol: Protocol,
  wanted: PortSet,
  { userId, signal, owners }: Looking,
): Promise<Map<number, FoundHolder[]>> {
  const rows = await rowsOf(protocol, wanted);
  const inodes = new Set<number>();
  for (const sockets of rows.values()) for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  const processes = await (owners ? owners.find(inodes, signal) : processesOfSockets(inodes, signal));
  const known = new Map<string, FoundHolder>();
  const nameOf = userNames();
  const found = new Map<number, FoundHolder[]>();
  for (const [port, sockets] of rows) found.set(port, holdersOfPort(protocol, sockets));
  return found;

  function holdersOfPort(of: Protocol, sockets: readonly SocketRow[]): FoundHolder[] {
    const holders = new Map<string, FoundHolder>();
    for (const { inode, state, address, userId: owner } of sockets) {
      for (const processId of processes.get(inode) ?? [undefined]) {
        const key = inode === 0 ? 'none' : `${processId} ${owner}`;
        let found = holders.get(key);
        if (!found) {
          const { holder, end } = describedOnce(key, processId, inode === 0 ? undefined : owner);
          found = { holder: { ...holder, addresses: [] }, ...(end !== undefined && { end }) };
          holders.set(key, found);
        }
        const { holder } = found;
        addState(holder, stateOf(of, state));
        if (!holder.addresses.includes(address)) holder.addresses.push(address);
      }
    }
    return [...holders.values()].sort(byState);
  }

  /** The same for all its ports: a server may have thousands. */
  function describedOnce(key: string, processId: number | undefined, owner: number | undefined): FoundHolder {
    let described = known.get(key);
    if (!described) {
      described = describeHolder(processId, owner);
      known.set(key, described);
    }
    return described;
  }

  function describeHolder(processId: number | undefined, owner: number | undefined): FoundHolder {
    const holder: PortHolder = { state: 'closing', addresses: [], ...(owner !== undefined && { user: nameOf(owner) }) };
    if (processId === undefined) return { holder };
    const { isUserService, ...facts } = processFacts(processId);
    const sudo = userId === 0 ? '' : 'sudo ';
    return {
      holder: { ...holder, processId, ...facts },
      end: endCommand(
        { processId, ...facts },
        owner === userId ? '' : sudo,
        isUserService ? 'systemctl --user' : `${sudo}systemctl`,
      ),
    };
  }
}

/** What ends the process, or all that it is a part of. */
export function endCommand(
  { processId, service, container }: Pick<PortHolder, 'processId' | 'service' | 'container'>,
  sudo: string,
  systemctl: string,
): string {
  if (container) return `${container.replace(' ', ' stop ')}`;
  // A shell would take the backslashes of an escaped name for its own.
  if (service) return `${systemctl} stop ${service.includes('\\') ? `'${service}'` : service}`;
  return `${sudo}kill ${processId}`;
}
