import { layouts } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/* Which Windows this is (winternl.h): the true one, where others are told what their manifest asks for. */

const ntdll = new SystemLibrary('ntdll.dll');

/**
 * The build of this Windows: 17763 is Windows 10 1809 and Windows Server 2019.
 * @throws NativeError
 */
export async function windowsBuild(): Promise<number> {
  const ask = await ntdll.bind('RtlGetVersion', 'int32_t __stdcall RtlGetVersion(void *version)');
  const layout = layouts.RTL_OSVERSIONINFOW;
  const version = Buffer.alloc(layout.size);
  version.writeUInt32LE(layout.size, layout.dwOSVersionInfoSize);
  ask(version);
  return version.readUInt32LE(layout.dwBuildNumber);
}
