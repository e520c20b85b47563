import type { Protocol } from '../../protocol/generated/contract.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { layouts } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/** A socket in the system's tables. */
export interface TableSocket {
  port: number;
  /** The local address, in its short form. */
  address: string;
  processId: number;
  /** MIB_TCP_STATE of a TCP socket, 2 is listening; undefined for UDP. */
  state: number | undefined;
}

const AF_INET = 2;
const AF_INET6 = 23;

const TCP_TABLE_OWNER_PID_ALL = 5;
const UDP_TABLE_OWNER_PID = 1;

interface Row {
  size: number;
  dwLocalAddr?: number;
  ucLocalAddr?: number;
  dwLocalPort: number;
  dwOwningPid: number;
  dwState?: number;
}

interface Table {
  family: number;
  first: number;
  row: Row;
}

const tables: Record<Protocol, { call: string; tableClass: number; tables: Table[] }> = {
  tcp: {
    call: 'GetExtendedTcpTable',
    tableClass: TCP_TABLE_OWNER_PID_ALL,
    tables: [
      { family: AF_INET, first: layouts.MIB_TCPTABLE_OWNER_PID.table, row: layouts.MIB_TCPROW_OWNER_PID },
      { family: AF_INET6, first: layouts.MIB_TCP6TABLE_OWNER_PID.table, row: layouts.MIB_TCP6ROW_OWNER_PID },
    ],
  },
  udp: {
    call: 'GetExtendedUdpTable',
    tableClass: UDP_TABLE_OWNER_PID,
    tables: [
      { family: AF_INET, first: layouts.MIB_UDPTABLE_OWNER_PID.table, row: layouts.MIB_UDPROW_OWNER_PID },
      { family: AF_INET6, first: layouts.MIB_UDP6TABLE_OWNER_PID.table, row: layouts.MIB_UDP6ROW_OWNER_PID },
    ],
  },
};

const iphlpapi = new SystemLibrary('iphlpapi.dll');

async function readTable(name: string, family: number, tableClass: number): Promise<Buffer> {
  const call = await iphlpapi.bind(
    name,
    `uint32_t __stdcall ${name}(void *table, _Inout_ uint32_t *size, bool order, uint32_t family, int tableClass, uint32_t reserved)`,
  );
  let buffer = Buffer.alloc(1 << 16);
  for (;;) {
    const size = [buffer.length];
    const code = call(buffer, size, false, family, tableClass, 0);
    if (code === 0) return buffer;
    if (code !== codes.ERROR_INSUFFICIENT_BUFFER) throw new NativeError(name, code);
    // The table may grow between two calls.
    buffer = Buffer.alloc(size[0]! + (1 << 14));
  }
}

/** In network order, whatever its C type. */
function addressAt(table: Buffer, offset: number, { dwLocalAddr, ucLocalAddr }: Row): string {
  if (ucLocalAddr === undefined) return [...table.subarray(offset + dwLocalAddr!, offset + dwLocalAddr! + 4)].join('.');
  const groups = table.toString('hex', offset + ucLocalAddr, offset + ucLocalAddr + 16).match(/.{4}/g)!;
  // The short form of an address is what the URL standard writes.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/**
 * Every socket of the protocol, both address families (GetExtendedTcpTable, GetExtendedUdpTable of iphlpapi.h).
 * @throws NativeError
 */
export async function tableSockets(protocol: Protocol): Promise<TableSocket[]> {
  const { call, tableClass, tables: both } = tables[protocol];
  const sockets: TableSocket[] = [];
  for (const { family, first, row } of both) {
    const table = await readTable(call, family, tableClass);
    const count = table.readUInt32LE(0);
    for (let index = 0, offset = first; index < count; index++, offset += row.size) {
      sockets.push({
        // The first two bytes of a field of four, in network order.
        port: table.readUInt16BE(offset + row.dwLocalPort),
        address: addressAt(table, offset, row),
        processId: table.readUInt32LE(offset + row.dwOwningPid),
        state: row.dwState === undefined ? undefined : table.readUInt32LE(offset + row.dwState),
      });
    }
  }
  return sockets;
}
