import { systemDirectory } from '../../native/windows/library.ts';
import { type TableSocket, tableSockets } from '../../native/windows/socket-tables.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { dynamicPortRange, excludedPortRanges } from './netsh.ts';
import { parseTaskList, type Task } from './task-list.ts';

/** What the system lists of one protocol's sockets. */
export interface SystemTables {
  /** The sockets on each port that has any. */
  sockets: ReadonlyMap<number, readonly TableSocket[]>;
  tasks: ReadonlyMap<number, Task>;
  dynamicRange: PortRange;
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** The rows of netsh for one protocol. */
export interface ExcludedRows {
  /** What is kept from automatic choice now. */
  rows: readonly ExcludedRow[];
  /** What the next boot begins with. */
  lasting: readonly ExcludedRow[];
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

/** Looks at one thing after another, each as far as it can be looked at. */
class Look {
  readonly warnings: string[] = [];

  async at<T>(what: string, work: Promise<T>, instead: T): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.warnings.push(`${what} could not be looked at. ${reasonOf(error)}`);
      return instead;
    }
  }
}

/** Reads the tables of sockets and processes and the dynamic range. */
export async function readTables(protocol: Protocol, usualDynamicRange: PortRange): Promise<SystemTables> {
  const look = new Look();
  const [listed, dynamicRange, tasks] = await Promise.all([
    look.at('The sockets', tableSockets(protocol), []),
    look.at('The dynamic range', dynamicPortRange(protocol), usualDynamicRange),
    look.at('The processes', runningTasks(), new Map<number, Task>()),
  ]);
  const sockets = new Map<number, TableSocket[]>();
  for (const socket of listed) {
    const others = sockets.get(socket.port);
    if (others) others.push(socket);
    else sockets.set(socket.port, [socket]);
  }
  return { sockets, tasks, dynamicRange, warnings: look.warnings };
}

/** Reads what the system keeps out of automatic choice. */
export async function readExcludedRows(protocol: Protocol): Promise<ExcludedRows> {
  const look = new Look();
  const [rows, lasting] = await Promise.all([
    look.at('The excluded port ranges', excludedPortRanges('ipv4', protocol, 'active'), []),
    look.at('The persistent excluded port ranges', excludedPortRanges('ipv4', protocol, 'persistent'), []),
  ]);
  return { rows, lasting, warnings: look.warnings };
}
