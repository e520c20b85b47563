import { type NativeFunction, SystemLibrary } from './library.ts';

/* Functions of kernel32.dll (errhandlingapi.h, handleapi.h, processthreadsapi.h, tlhelp32.h, winbase.h, fileapi.h). */

const library = new SystemLibrary('kernel32.dll');

const prototypes = {
  GetLastError: 'uint32_t __stdcall GetLastError()',
  CloseHandle: 'int __stdcall CloseHandle(intptr_t handle)',
  LocalFree: 'void *__stdcall LocalFree(void *memory)',
  GetCurrentProcessId: 'uint32_t __stdcall GetCurrentProcessId()',
  GetCurrentProcess: 'intptr_t __stdcall GetCurrentProcess()',
  OpenProcess: 'intptr_t __stdcall OpenProcess(uint32_t access, int inherit, uint32_t processId)',
  GetExitCodeProcess: 'int __stdcall GetExitCodeProcess(intptr_t process, _Out_ uint32_t *code)',
  GetProcessTimes:
    'int __stdcall GetProcessTimes(intptr_t process, _Out_ uint64_t *creation, _Out_ uint64_t *exit, _Out_ uint64_t *kernel, _Out_ uint64_t *user)',
  QueryFullProcessImageNameW:
    'int __stdcall QueryFullProcessImageNameW(intptr_t process, uint32_t flags, void *path, _Inout_ uint32_t *length)',
  CreateToolhelp32Snapshot: 'intptr_t __stdcall CreateToolhelp32Snapshot(uint32_t flags, uint32_t processId)',
  Process32FirstW: 'int __stdcall Process32FirstW(intptr_t snapshot, void *entry)',
  Process32NextW: 'int __stdcall Process32NextW(intptr_t snapshot, void *entry)',
  CreateDirectoryW: 'int __stdcall CreateDirectoryW(str16 path, void *attributes)',
  LockFileEx:
    'int __stdcall LockFileEx(intptr_t file, uint32_t flags, uint32_t reserved, uint32_t low, uint32_t high, void *overlapped)',
} as const;

/** Binds the function on first use. */
export const kernel32 = (name: keyof typeof prototypes): Promise<NativeFunction> =>
  library.bind(name, prototypes[name]);
