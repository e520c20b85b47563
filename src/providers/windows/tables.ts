import { type TableSocket, tableSockets } from '../../native/windows/socket-tables.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import type { Overview } from '../provider.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { holdersOf, processesOf } from './holders.ts';
import { Look } from './look.ts';
import { dynamicPortRange, reservedUrls, type Store } from './netsh.ts';
import type { Sight } from './sight.ts';

/** The rows of netsh for one protocol. */
export interface ExcludedRows {
  /** What is kept from automatic choice now. */
  rows: readonly ExcludedRow[];
  /** What the next boot begins with. */
  lasting: readonly ExcludedRow[];
  /** What could not be looked at, one sentence each. */
  warnings: string[];
}

/** What the tables say, and the urls that are reserved on a port at HTTP.sys. */
export interface Tables extends Overview {
  urlsOf(port: number): string[];
}

/** Reads the table of sockets, who these are, the reserved urls, and the dynamic range. */
export async function readTables(
  protocol: Protocol,
  { usualDynamicRange, wanted = () => true }: { usualDynamicRange: PortRange; wanted?: (port: number) => boolean },
): Promise<Tables> {
  const look = new Look();
  const [listed, dynamicRange, urls] = await Promise.all([
    look.at('The sockets', tableSockets(protocol), []),
    look.at('The dynamic range', dynamicPortRange(protocol), usualDynamicRange),
    protocol === 'tcp' ? look.at('The url reservations', reservedUrls(), []) : [],
  ]);
  const sockets = new Map<number, TableSocket[]>();
  const processIds = new Set<number>();
  for (const socket of listed) {
    if (!wanted(socket.port)) continue;
    processIds.add(socket.processId);
    const others = sockets.get(socket.port);
    if (others) others.push(socket);
    else sockets.set(socket.port, [socket]);
  }
  const { processes, own, warnings } = await processesOf([...processIds]);
  const urlsOf = (port: number) => urls.filter((one) => one.port === port).map(({ url }) => url);
  const holders = new Map([...sockets].map(([port, those]) => [port, holdersOf(those, processes, urlsOf(port), own)]));
  return { holders, dynamicRange, urlsOf, warnings: [...look.warnings, ...warnings] };
}

/** Reads what the system keeps out of automatic choice. */
export async function readExcludedRows(protocol: Protocol, sight: Sight): Promise<ExcludedRows> {
  const look = new Look();
  const read = (store: Store) => look.at(`The ${store} ${protocol} exclusions`, sight.rowsIn(protocol, store), []);
  const [rows, lasting] = await Promise.all([read('active'), read('persistent')]);
  return { rows, lasting, warnings: [...look.warnings] };
}
