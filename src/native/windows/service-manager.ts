import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { kernel32 } from './kernel32.ts';
import { structs } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/* The functions of the service manager (winsvc.h). */

const advapi32 = new SystemLibrary('advapi32.dll');

const prototypes = {
  OpenSCManagerW: 'intptr_t __stdcall OpenSCManagerW(str16 machine, str16 database, uint32_t access)',
  OpenServiceW: 'intptr_t __stdcall OpenServiceW(intptr_t manager, str16 name, uint32_t access)',
  QueryServiceStatus: 'int __stdcall QueryServiceStatus(intptr_t service, void *status)',
  ControlService: 'int __stdcall ControlService(intptr_t service, uint32_t control, void *status)',
  StartServiceW: 'int __stdcall StartServiceW(intptr_t service, uint32_t count, void *arguments)',
  EnumServicesStatusExW:
    'int __stdcall EnumServicesStatusExW(intptr_t manager, int level, uint32_t type, uint32_t state, void *services, uint32_t size, _Out_ uint32_t *needed, _Out_ uint32_t *count, _Inout_ uint32_t *resume, str16 group)',
  CloseServiceHandle: 'int __stdcall CloseServiceHandle(intptr_t handle)',
} as const;

/** Calls a function whose 0 is a failure, and reads the error at once. */
export async function call(name: keyof typeof prototypes, ...values: unknown[]): Promise<number> {
  const run = await advapi32.bind(name, prototypes[name]);
  const lastError = await kernel32('GetLastError');
  const result = run(...values);
  if (result === 0) throw new NativeError(name, lastError());
  return result;
}

/** Asks for no more than to be connected. */
export const SC_MANAGER_CONNECT = 1;

/** Connects to this machine's service manager for the time of the work. */
export async function withManager<T>(access: number, work: (manager: number) => Promise<T>): Promise<T> {
  const manager = await call('OpenSCManagerW', null, null, access);
  try {
    return await work(manager);
  } finally {
    await call('CloseServiceHandle', manager);
  }
}

const SC_MANAGER_ENUMERATE_SERVICE = 4;
const SC_ENUM_PROCESS_INFO = 0;
const SERVICE_WIN32 = 48;
const SERVICE_ACTIVE = 1;

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
      if (error instanceof NativeError && error.code === codes.ERROR_MORE_DATA) return true;
      throw error;
    },
  );
