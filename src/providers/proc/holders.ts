import type { PortHolder, Protocol } from '../../protocol/generated/contract.ts';
import { isEmpty, type PortSet } from '../../protocol/port-set.ts';
import { addState, byState, type FoundHolder } from '../provider.ts';
import { kernelUses } from './kernel-use.ts';
import { processFacts, userNames } from './process-facts.ts';
import { type Owners, processesOfSockets } from './processes.ts';
import type { SocketOwners } from './socket-owners.ts';
import type { SocketRow } from './socket-row.ts';
import { rowsOf } from './socket-table.ts';
import { stateOf } from './tcp-states.ts';
import { whyUnseen } from './unseen.ts';

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
  if (isEmpty(wanted)) return new Map();
  const rows = await rowsOf(protocol, wanted);
  const inodes = new Set<number>();
  for (const sockets of rows.values()) for (const { inode } of sockets) if (inode !== 0) inodes.add(inode);
  const { processes, isPartial }: Owners = owners
    ? { processes: await owners.find(inodes, signal), isPartial: userId !== 0 }
    : await processesOfSockets(inodes, signal);
  const known = new Map<string, PortHolder>();
  const nameOf = userNames();
  const found = new Map<number, FoundHolder[]>();
  for (const [port, sockets] of rows) found.set(port, holdersOfPort(sockets));
  const unseen = [...found].flatMap(([port, holders]) =>
    holders.flatMap(({ holder }) => (holder.unseen ? { port, holder } : [])),
  );
  if (unseen.length > 0) {
    const uses = await kernelUses(protocol);
    for (const { port, holder } of unseen) {
      const use = uses.get(port);
      // Whoever looks: that the kernel has it for this, it tells everybody.
      if (use !== undefined) Object.assign(holder, { unseen: 'kernel', kernelUse: use });
    }
  }
  return found;

  function holdersOfPort(sockets: readonly SocketRow[]): FoundHolder[] {
    const holders = new Map<string, FoundHolder>();
    for (const { inode, state, address, userId: owner } of sockets) {
      const now = stateOf(protocol, state);
      for (const processId of processes.get(inode) ?? [undefined]) {
        const key = inode === 0 ? `none ${now}` : `${processId} ${owner}`;
        let of = holders.get(key);
        if (!of) {
          of = {
            holder: { ...describedOnce(key, processId, inode === 0 ? undefined : owner), state: now, addresses: [] },
          };
          holders.set(key, of);
        }
        addState(of.holder, now);
        if (!of.holder.addresses.includes(address)) of.holder.addresses.push(address);
      }
    }
    return [...holders.values()].sort(byState);
  }

  /** The same for all its ports: a server may have thousands. */
  function describedOnce(key: string, processId: number | undefined, owner: number | undefined): PortHolder {
    let described = known.get(key);
    if (!described) {
      described = describeHolder(processId, owner);
      known.set(key, described);
    }
    return described;
  }

  function describeHolder(processId: number | undefined, owner: number | undefined): PortHolder {
    const holder: PortHolder = { state: 'timeWait', addresses: [] };
    if (owner === undefined) return holder;
    const user = nameOf(owner);
    if (processId === undefined) return { ...holder, user, unseen: whyUnseen(owner, { userId, isPartial }) };
    const { isUserService: _, machine: __, ...facts } = processFacts(processId);
    return { ...holder, user, processId, ...facts };
  }
}
