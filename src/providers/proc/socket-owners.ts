import { setImmediate } from 'node:timers/promises';
import { runningProcesses } from '../../machine/running-processes.ts';
import { parentOf } from './process-facts.ts';
import { processesPerTurn, socketsOf, socketsOfThreads } from './processes.ts';

/**
 * Finds an owner of each socket and of whom it inherited it, without a look at every process: the newest come first, since
 * what people ask about is what they started last, and the walk ends with the last socket.
 */
export class SocketOwners {
  /** Sockets that a whole walk found nobody for: of other users, or outside this container. Nothing brings them nearer. */
  #hidden: ReadonlySet<number> = new Set();

  /**
   * The processes by inode, the oldest first.
   * @throws the signal's reason when it is aborted
   */
  async find(inodes: ReadonlySet<number>, signal?: AbortSignal): Promise<Map<number, number[]>> {
    const found = new Map<number, number[]>();
    const walked = new Set<number>();
    const missing = new Set([...inodes].filter((inode) => !this.#hidden.has(inode)));
    /** Whether the process has any of the sockets. */
    const walk = (processId: number, look = socketsOf): boolean => {
      walked.add(processId);
      // Threads show again what their process has shown.
      const sought: { has(inode: number): boolean } = look === socketsOf ? inodes : missing;
      const sockets = [...look(processId)].filter((inode) => sought.has(inode));
      for (const inode of sockets) {
        missing.delete(inode);
        found.set(inode, [processId, ...(found.get(inode) ?? [])]);
      }
      return sockets.length > 0;
    };

    const newestFirst = missing.size > 0 ? runningProcesses().sort((a, b) => b - a) : [];
    for (const look of [socketsOf, socketsOfThreads]) {
      for (const [index, processId] of newestFirst.entries()) {
        if (missing.size === 0) break;
        if (index % processesPerTurn === processesPerTurn - 1) await setImmediate();
        signal?.throwIfAborted();
        walk(processId, look);
      }
    }
    this.#hidden = new Set([...inodes].filter((inode) => !found.has(inode)));
    // A server that forks has handed its sockets down, and it is the one to end.
    for (const owner of new Set([...found.values()].flat())) {
      let parent = parentOf(owner);
      while (parent !== undefined && !walked.has(parent) && walk(parent)) parent = parentOf(parent);
    }
    return found;
  }
}
