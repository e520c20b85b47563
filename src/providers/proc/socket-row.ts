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
export function parseAddress(digits: string): string {
  const bytes = (digits.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, 'hex').reverse()]);
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((bytes[2 * index]! << 8) | bytes[2 * index + 1]!).toString(16),
  );
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return `::ffff:${bytes.slice(12).join('.')}`;
  // The short form of an address is what the URL standard writes.
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** What the line says; its first field is the number with a colon. */
export function parseSocketRow(line: string): SocketRow {
  const fields = line.trim().split(/\s+/);
  return {
    state: Number.parseInt(fields[3]!, 16),
    address: parseAddress(fields[1]!.split(':')[0]!),
    userId: Number(fields[7]),
    inode: Number(fields[9]),
  };
}
