/** A line of /proc/net/tcp, tcp6, udp or udp6, taken apart as far as it says who has the socket. */
export interface SocketRow {
  state: number;
  /** The local address. */
  address: string;
  userId: number;
  /** 0: no process has it any more. */
  inode: number;
}

/** The address of 8 or 32 digits: words of four bytes, each in the byte order of the machine, which is little-endian. */
export const parseAddress = (digits: string): string =>
  formatAddress((digits.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]));

/** The address of four bytes or sixteen. */
export function formatAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return `::ffff:${bytes.slice(12).join('.')}`;
  // The short form of an address is what the URL standard writes.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const blank = 0x20;
const colon = 0x3a;
const zero = 0x30;

const fields = { address: 1, userId: 7, inode: 9 };

/** Where the field of that number begins; the first is the number with a colon. */
function fieldAt(table: Uint8Array, start: number, field: number): number {
  let at = start;
  for (let passed = 0; ; passed++) {
    while (table[at] === blank) at++;
    if (passed === field) return at;
    while (table[at] !== blank) at++;
  }
}

function decimalAt(table: Uint8Array, start: number): number {
  let value = 0;
  for (let at = start; table[at]! >= zero; at++) value = value * 10 + table[at]! - zero;
  return value;
}

/** Reads rows of a table in place: there may be very many, and their addresses are few. */
export function socketRowReader(): (table: Uint8Array, start: number, state: number) => SocketRow {
  const addresses = new Map<string, string>();
  return (table, start, state) => {
    const at = fieldAt(table, start, fields.address);
    const digits = Buffer.from(table.buffer, table.byteOffset + at, table.indexOf(colon, at) - at).toString('latin1');
    let address = addresses.get(digits);
    if (address === undefined) {
      address = parseAddress(digits);
      addresses.set(digits, address);
    }
    const userAt = fieldAt(table, at, fields.userId - fields.address);
    const inodeAt = fieldAt(table, userAt, fields.inode - fields.userId);
    return { state, address, userId: decimalAt(table, userAt), inode: decimalAt(table, inodeAt) };
  };
}
