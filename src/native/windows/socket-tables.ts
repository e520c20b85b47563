import type { Protocol } from '../../protocol/generated/contract.ts';
import { NativeError } from '../native-error.ts';
import { SystemLibrary } from './library.ts';

/** A socket in the system's tables. */
export interface TableSocket {
  port: number;
  processId: number;
  /** MIB_TCP_STATE of a TCP socket, 2 is listening; undefined for UDP. */
  state: number | undefined;
}

const AF_INET = 2;
const AF_INET6 = 23;
const ERROR_INSUFFICIENT_BUFFER = 122;

/*
 * Offsets of MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID, MIB_UDPROW_OWNER_PID and MIB_UDP6ROW_OWNER_PID (tcpmib.h,
 * udpmib.h). Each table begins with a count of 4 bytes; a port is the first two bytes of its field, in network order.
 */
const tables = {
  tcp: {
    call: 'GetExtendedTcpTable',
    tableClass: 5, // TCP_TABLE_OWNER_PID_ALL
    rows: [
      { family: AF_INET, size: 24, port: 8, processId: 20, state: 0 },
      { family: AF_INET6, size: 56, port: 20, processId: 52, state: 48 },
    ],
  },
  udp: {
    call: 'GetExtendedUdpTable',
    tableClass: 1, // UDP_TABLE_OWNER_PID
    rows: [
      { family: AF_INET, size: 12, port: 4, processId: 8, state: undefined },
      { family: AF_INET6, size: 28, port: 20, processId: 24, state: undefined },
    ],
  },
} as const;

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
    if (code !== ERROR_INSUFFICIENT_BUFFER) throw new NativeError(name, code);
    // The table may grow between two calls.
    buffer = Buffer.alloc(size[0]! + (1 << 14));
  }
}

/**
 * Every socket of the protocol, both address families (GetExtendedTcpTable, GetExtendedUdpTable of iphlpapi.h).
 * @throws NativeError
 */
export async function tableSockets(protocol: Protocol): Promise<TableSocket[]> {
  const { call, tableClass, rows } = tables[protocol];
  const sockets: TableSocket[] = [];
  for (const { family, size, port, processId, state } of rows) {
    const table = await readTable(call, family, tableClass);
    const count = table.readUInt32LE(0);
    for (let offset = 4, row = 0; row < count; row++, offset += size) {
      sockets.push({
        port: table.readUInt16BE(offset + port),
        processId: table.readUInt32LE(offset + processId),
        state: state === undefined ? undefined : table.readUInt32LE(offset + state),
      });
    }
  }
  return sockets;
}
