import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { structs } from './layouts.ts';
import { call, SC_MANAGER_CONNECT, withManager } from './service-manager.ts';

const SC_MANAGER_ENUMERATE_SERVICE = 4;
const SC_ENUM_PROCESS_INFO = 0;
const SERVICE_WIN32 = 48;
const SERVICE_ACTIVE = 1;
const ERROR_MORE_DATA = 234;

/** The most that Windows fills at once. */
const longestList = 262_144;

/**
 * The names of the running services that this user may see, by the id of the process they run in.
 * @throws NativeError
 */
export async function servicesByProcess(): Promise<Map<number, string[]>> {
  const ffi = await koffi();
  const layout = ffi.struct(structs.ENUM_SERVICE_STATUS_PROCESSW);
  const [size, nameAt, idAt] = [
    ffi.sizeof(layout),
    ffi.offsetof(layout, 'lpServiceName'),
    ffi.offsetof(layout, 'dwProcessId'),
  ];
  const services = new Map<number, string[]>();
  await withManager(SC_MANAGER_CONNECT | SC_MANAGER_ENUMERATE_SERVICE, async (manager) => {
    const buffer = Buffer.alloc(longestList);
    const resume = [0];
    for (let isMore = true; isMore; ) {
      const count = [0];
      isMore = await moreAfter(
        call(
          'EnumServicesStatusExW',
          manager,
          SC_ENUM_PROCESS_INFO,
          SERVICE_WIN32,
          SERVICE_ACTIVE,
          buffer,
          buffer.length,
          [0],
          count,
          resume,
          null,
        ),
      );
      for (let at = 0; at < count[0]! * size; at += size) {
        const processId = buffer.readUInt32LE(at + idAt);
        const name: string = ffi.decode(buffer, at + nameAt, 'str16');
        services.set(processId, [...(services.get(processId) ?? []), name]);
      }
    }
  });
  return services;
}

/** Whether the list goes on behind what fitted in. */
const moreAfter = (listed: Promise<number>): Promise<boolean> =>
  listed.then(
    () => false,
    (error: unknown) => {
      if (error instanceof NativeError && error.code === ERROR_MORE_DATA) return true;
      throw error;
    },
  );
