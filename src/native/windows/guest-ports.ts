import type { LibraryHandle, TypeObject } from 'koffi';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { systemDirectory } from './library.ts';

/* The ports that Windows keeps for virtual machines which share its addresses (computenetwork.dll, ComputeNetwork.h). */

/** HCN_PORT_PROTOCOL: flags. */
const flags = [
  ['tcp', 1],
  ['udp', 2],
] as const;

/** A range of one protocol. */
export interface GuestPorts {
  protocol: Protocol;
  range: PortRange;
}

const name = 'HcnEnumerateGuestNetworkPortReservations';

/** The service behind it can be a long time about its answers. */
const patience = 3000;

const fields = {
  OwningPartitionId: 'uint8_t [16]',
  TargetPartitionId: 'uint8_t [16]',
  Protocol: 'int32_t',
  Priority: 'uint64_t',
  ReservationType: 'uint32_t',
  SharingFlags: 'uint32_t',
  DeliveryMode: 'uint32_t',
  StartingPort: 'uint16_t',
  EndingPort: 'uint16_t',
} as const;

/** One of HCN_PORT_RANGE_ENTRY, as far as it is of use. */
interface Entry {
  Protocol: number;
  StartingPort: number;
  EndingPort: number;
}

let opened: Promise<{ library: LibraryHandle; entry: TypeObject }> | undefined;

function open() {
  opened ??= (async () => {
    const ffi = await koffi();
    const library = ffi.load(`${await systemDirectory()}\\computenetwork.dll`);
    return { library, entry: ffi.struct(fields) };
  })();
  return opened;
}

/**
 * The ranges that Windows keeps for its guests, such as WSL with mirrored networking; netsh shows none of them.
 * @throws NativeError the HRESULT; WAIT_TIMEOUT (258) where the service does not answer
 * @throws Error the library cannot be loaded: it is of Windows 10 1809 and later
 */
export async function guestPortRanges(): Promise<GuestPorts[]> {
  const ffi = await koffi();
  const { library, entry } = await open();
  const list = library.func(`int32_t __stdcall ${name}(_Out_ uint32_t *count, _Out_ void **entries)`);
  const free = library.func('void __stdcall HcnFreeGuestNetworkPortReservations(void *entries)');
  const count = [0];
  const entries: unknown[] = [null];
  const status = await inTime((done) => list.async(count, entries, done));
  if (status !== 0) throw new NativeError(name, `0x${(status >>> 0).toString(16)}`);
  if (!entries[0]) return [];
  try {
    const found: Entry[] = ffi.decode(entries[0], entry, count[0]!);
    return found
      .filter(({ StartingPort, EndingPort }) => StartingPort > 0 && EndingPort >= StartingPort)
      .flatMap(({ Protocol: those, StartingPort, EndingPort }) => {
        const range = { startPort: StartingPort, numberOfPorts: EndingPort - StartingPort + 1 };
        return flags.filter(([, flag]) => those & flag).map(([protocol]) => ({ protocol, range }));
      });
  } finally {
    free(entries[0]);
  }
}

function inTime(call: (done: (error: Error | null, status: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new NativeError(name, codes.WAIT_TIMEOUT)), patience);
    call((error, status) => {
      clearTimeout(timer);
      if (error) reject(error);
      else resolve(status);
    });
  });
}
