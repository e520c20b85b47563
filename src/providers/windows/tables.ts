import { systemDirectory } from '../../native/windows/library.ts';
import { type TableSocket, tableSockets } from '../../native/windows/socket-tables.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { dynamicPortRange, excludedPortRanges } from './netsh.ts';
import { parseTaskList, type Task } from './task-list.ts';

/** What the system lists of one protocol. */
export interface SystemTables {
  /** The sockets on each port that has any. */
  sockets: ReadonlyMap<number, readonly TableSocket[]>;
  tasks: ReadonlyMap<number, Task>;
  /** What is kept from automatic choice now. */
  rows: readonly ExcludedRow[];
  /** What the next boot begins with. */
  lasting: readonly ExcludedRow[];
  dynamicRange: PortRange;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

async function runningTasks(): Promise<Map<number, Task>> {
  const { execFile } = await import('node:child_process');
  const file = `${await systemDirectory()}\\tasklist.exe`;
  return new Promise((resolve, reject) => {
    const options = { encoding: 'latin1', windowsHide: true, maxBuffer: 8 << 20 } as const;
    execFile(file, ['/SVC', '/FO', 'CSV', '/NH'], options, (error, stdout) => {
      if (error) reject(error);
      else resolve(parseTaskList(stdout));
    });
  });
}

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Reads the tables of sockets and processes and the rows of netsh, each as far as it can be read. */
export async function readTables(protocol: Protocol, usualDynamicRange: PortRange): Promise<SystemTables> {
  const warnings: string[] = [];
  const orElse = async <T>(what: string, work: Promise<T>, instead: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      warnings.push(`${what} could not be looked at. ${reasonOf(error)}`);
      return instead;
    }
  };
  const [listed, rows, lasting, dynamicRange, tasks] = await Promise.all([
    orElse('The sockets', tableSockets(protocol), []),
    orElse('The excluded port ranges', excludedPortRanges('ipv4', protocol, 'active'), []),
    orElse('The persistent excluded port ranges', excludedPortRanges('ipv4', protocol, 'persistent'), []),
    orElse('The dynamic range', dynamicPortRange(protocol), usualDynamicRange),
    orElse('The processes', runningTasks(), new Map<number, Task>()),
  ]);
  const sockets = new Map<number, TableSocket[]>();
  for (const socket of listed) {
    const others = sockets.get(socket.port);
    if (others) others.push(socket);
    else sockets.set(socket.port, [socket]);
  }
  return { sockets, tasks, rows, lasting, dynamicRange, warnings };
}
