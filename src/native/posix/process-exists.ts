import { koffi } from '../koffi.ts';

const largestProcessId = 2 ** 31 - 1;

/** Whether there is such a process, also one of another user that /proc hides (kill with signal 0). */
export async function processExists(processId: number): Promise<boolean> {
  // The binding would cut a larger number down to some other process's id.
  if (processId > largestProcessId) return false;
  const ffi = await koffi();
  const kill = ffi.load(null).func('int kill(int pid, int sig)');
  return kill(processId, 0) === 0 || ffi.errno() !== ffi.os.errno.ESRCH;
}
