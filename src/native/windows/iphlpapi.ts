import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { NativeError } from '../native-error.ts';
import { checkShorts } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/*
 * The six IP Helper functions (iphlpapi.h). Their return value is the Win32 error; StartPort is in network byte order,
 * which koffi's uint16_be_t gives, NumberOfPorts is not; the token buffer is 8 bytes on every architecture.
 */

const iphlpapi = new SystemLibrary('iphlpapi.dll');
const word = { tcp: 'Tcp', udp: 'Udp' } as const;

async function withToken(verb: 'Create' | 'Lookup', protocol: Protocol, range: PortRange): Promise<bigint> {
  checkShorts(range);
  const name = `${verb}Persistent${word[protocol]}PortReservation`;
  const call = await iphlpapi.bind(
    name,
    `uint32_t __stdcall ${name}(uint16_be_t StartPort, uint16_t NumberOfPorts, _Out_ uint8_t *Token)`,
  );
  const token = Buffer.alloc(8);
  const code = call(range.startPort, range.numberOfPorts, token);
  if (code !== 0) throw new NativeError(name, code);
  return token.readBigUInt64LE();
}

/**
 * CreatePersistentTcpPortReservation / CreatePersistentUdpPortReservation: reserves the range for good.
 * @throws NativeError 5 not elevated, 32 in use or reserved, 87 bad range, 127 not on this system
 */
export const createPersistent = (protocol: Protocol, range: PortRange): Promise<bigint> =>
  withToken('Create', protocol, range);

/**
 * LookupPersistentTcpPortReservation / LookupPersistentUdpPortReservation: the token of exactly this range.
 * @throws NativeError 1168 no such reservation, 87 bad range, 127 not on this system
 */
export const lookupPersistent = (protocol: Protocol, range: PortRange): Promise<bigint> =>
  withToken('Lookup', protocol, range);

/**
 * DeletePersistentTcpPortReservation / DeletePersistentUdpPortReservation: frees exactly this range.
 * @throws NativeError 5 not elevated, 1168 no such reservation, 87 bad range, 127 not on this system
 */
export async function deletePersistent(protocol: Protocol, range: PortRange): Promise<void> {
  checkShorts(range);
  const name = `DeletePersistent${word[protocol]}PortReservation`;
  const call = await iphlpapi.bind(name, `uint32_t __stdcall ${name}(uint16_be_t StartPort, uint16_t NumberOfPorts)`);
  const code = call(range.startPort, range.numberOfPorts);
  if (code !== 0) throw new NativeError(name, code);
}
