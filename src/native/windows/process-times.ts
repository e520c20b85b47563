import { koffi } from '../koffi.ts';
import { codes } from './codes.ts';

const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const STILL_ACTIVE = 259;

/**
 * Looks at a process: whether it lives and when it was created, in 100 ns since 1601. Without the time where this user
 * may not look.
 */
export async function windowsProcessTimes(processId: number): Promise<{ alive: boolean; startTime?: string }> {
  const ffi = await koffi();
  const kernel32 = ffi.load('kernel32.dll');
  const getLastError = kernel32.func('uint32_t GetLastError()');
  const openProcess = kernel32.func('intptr_t OpenProcess(uint32_t access, int inherit, uint32_t processId)');
  const closeHandle = kernel32.func('int CloseHandle(intptr_t handle)');
  const getExitCode = kernel32.func('int GetExitCodeProcess(intptr_t process, _Out_ uint32_t *code)');
  const getTimes = kernel32.func(
    'int GetProcessTimes(intptr_t process, _Out_ uint64_t *creation, _Out_ uint64_t *exit, _Out_ uint64_t *kernel, _Out_ uint64_t *user)',
  );

  const handle = openProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, processId);
  // Access denied is no death: the process is there, and somebody else's.
  if (handle === 0) return { alive: getLastError() !== codes.ERROR_INVALID_PARAMETER };
  try {
    // An ended process stays for as long as anybody has a handle of it.
    const exitCode = [0];
    if (getExitCode(handle, exitCode) !== 0 && exitCode[0] !== STILL_ACTIVE) return { alive: false };
    const creation = [0n];
    if (getTimes(handle, creation, [0n], [0n], [0n]) === 0) return { alive: true };
    return { alive: true, startTime: String(creation[0]) };
  } finally {
    closeHandle(handle);
  }
}
