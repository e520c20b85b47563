/**
 * Structures of the Windows headers, as offsets in bytes, the same on x64, ARM64 and x86. The Windows lab compares every
 * number of this folder with what the C compiler says.
 *
 * StartPort is in network byte order (big-endian) everywhere, as are the ports of sockets; NumberOfPorts and Token are in
 * host order.
 */
export const layouts = {
  INET_PORT_RANGE: { size: 4, StartPort: 0, NumberOfPorts: 2 },
  INET_PORT_RESERVATION_TOKEN: { size: 8, Token: 0 },
  INET_PORT_RESERVATION_INSTANCE: { size: 16, StartPort: 0, NumberOfPorts: 2, Token: 8 },
  RTL_OSVERSIONINFOW: { size: 276, dwOSVersionInfoSize: 0, dwBuildNumber: 12 },
  SERVICE_STATUS: { size: 28, dwCurrentState: 4 },
  sockaddr_in: { size: 16, sin_family: 0, sin_port: 2, sin_addr: 4 },
  sockaddr_in6: { size: 28, sin6_family: 0, sin6_port: 2, sin6_addr: 8 },
  MIB_TCPROW_OWNER_PID: { size: 24, dwState: 0, dwLocalAddr: 4, dwLocalPort: 8, dwOwningPid: 20 },
  MIB_TCP6ROW_OWNER_PID: { size: 56, ucLocalAddr: 0, dwLocalPort: 20, dwState: 48, dwOwningPid: 52 },
  MIB_UDPROW_OWNER_PID: { size: 12, dwLocalAddr: 0, dwLocalPort: 4, dwOwningPid: 8 },
  MIB_UDP6ROW_OWNER_PID: { size: 28, ucLocalAddr: 0, dwLocalPort: 20, dwOwningPid: 24 },
  MIB_TCPTABLE_OWNER_PID: { table: 4 },
  MIB_TCP6TABLE_OWNER_PID: { table: 4 },
  MIB_UDPTABLE_OWNER_PID: { table: 4 },
  MIB_UDP6TABLE_OWNER_PID: { table: 4 },
} as const;

/** Structures with pointers, as koffi lays them out. */
export const structs = {
  OVERLAPPED: {
    Internal: 'uintptr_t',
    InternalHigh: 'uintptr_t',
    Offset: 'uint32_t',
    OffsetHigh: 'uint32_t',
    hEvent: 'void *',
  },
  ENUM_SERVICE_STATUS_PROCESSW: {
    lpServiceName: 'void *',
    lpDisplayName: 'void *',
    dwServiceType: 'uint32_t',
    dwCurrentState: 'uint32_t',
    dwControlsAccepted: 'uint32_t',
    dwWin32ExitCode: 'uint32_t',
    dwServiceSpecificExitCode: 'uint32_t',
    dwCheckPoint: 'uint32_t',
    dwWaitHint: 'uint32_t',
    dwProcessId: 'uint32_t',
    dwServiceFlags: 'uint32_t',
  },
  PROCESSENTRY32W: {
    dwSize: 'uint32_t',
    cntUsage: 'uint32_t',
    th32ProcessID: 'uint32_t',
    th32DefaultHeapID: 'uintptr_t',
    th32ModuleID: 'uint32_t',
    cntThreads: 'uint32_t',
    th32ParentProcessID: 'uint32_t',
    pcPriClassBase: 'int32_t',
    dwFlags: 'uint32_t',
    szExeFile: 'uint16_t [260]',
  },
  SECURITY_ATTRIBUTES: { nLength: 'uint32_t', lpSecurityDescriptor: 'void *', bInheritHandle: 'int' },
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

/**
 * Refuses what does not fit an unsigned short before it reaches a native call: koffi would cut it silently, 65537 to 1.
 * `startPort` 0 means "any" where the call allows it.
 */
export function checkShorts({ startPort, numberOfPorts }: { startPort: number; numberOfPorts: number }): void {
  for (const [name, value] of Object.entries({ startPort, numberOfPorts })) {
    if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
      throw new RangeError(`${name} must be a whole number from 0 to 65535, not ${value}`);
    }
  }
}
