/**
 * The structures and control codes of mstcpip.h, as offsets in bytes. The Windows lab compares every number here with
 * what the C compiler says of the real headers.
 *
 * StartPort is in network byte order (big-endian) everywhere; NumberOfPorts and Token are in host order.
 */
export const layouts = {
  INET_PORT_RANGE: { size: 4, StartPort: 0, NumberOfPorts: 2 },
  INET_PORT_RESERVATION_TOKEN: { size: 8, Token: 0 },
  INET_PORT_RESERVATION_INSTANCE: { size: 16, StartPort: 0, NumberOfPorts: 2, Token: 8 },
} as const;

/** Control codes: `_WSAIOW(IOC_VENDOR, 100…102)` in mstcpip.h. */
export const ioctls = {
  SIO_ACQUIRE_PORT_RESERVATION: 0x98000064,
  SIO_RELEASE_PORT_RESERVATION: 0x98000065,
  SIO_ASSOCIATE_PORT_RESERVATION: 0x98000066,
} as const;

/** A range as INET_PORT_RANGE. */
export function encodeRange({ startPort, numberOfPorts }: { startPort: number; numberOfPorts: number }): Buffer {
  const layout = layouts.INET_PORT_RANGE;
  const bytes = Buffer.alloc(layout.size);
  bytes.writeUInt16BE(startPort, layout.StartPort);
  bytes.writeUInt16LE(numberOfPorts, layout.NumberOfPorts);
  return bytes;
}

/** A token as INET_PORT_RESERVATION_TOKEN. */
export function encodeToken(token: bigint): Buffer {
  const layout = layouts.INET_PORT_RESERVATION_TOKEN;
  const bytes = Buffer.alloc(layout.size);
  bytes.writeBigUInt64LE(token, layout.Token);
  return bytes;
}

/** What INET_PORT_RESERVATION_INSTANCE says. */
export function decodeInstance(bytes: Buffer): { startPort: number; numberOfPorts: number; token: bigint } {
  const layout = layouts.INET_PORT_RESERVATION_INSTANCE;
  return {
    startPort: bytes.readUInt16BE(layout.StartPort),
    numberOfPorts: bytes.readUInt16LE(layout.NumberOfPorts),
    token: bytes.readBigUInt64LE(layout.Token),
  };
}
