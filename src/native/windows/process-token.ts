import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';

const TOKEN_QUERY = 8;
const TokenUser = 1;
const TokenElevation = 20;

/** More than any of the two structures takes; a SID has at most 68 bytes. */
const longestAnswer = 128;

/** GetTokenInformation of this process. */
async function tokenInformation(kind: number): Promise<Buffer> {
  const ffi = await koffi();
  const kernel32 = ffi.load('kernel32.dll');
  const advapi32 = ffi.load('advapi32.dll');
  const getLastError = kernel32.func('uint32_t GetLastError()');
  const currentProcess = kernel32.func('intptr_t GetCurrentProcess()');
  const closeHandle = kernel32.func('int CloseHandle(intptr_t handle)');
  const openToken = advapi32.func('int OpenProcessToken(intptr_t process, uint32_t access, _Out_ intptr_t *token)');
  const getInformation = advapi32.func(
    'int GetTokenInformation(intptr_t token, int kind, void *answer, uint32_t length, _Out_ uint32_t *returned)',
  );

  const token = [0];
  if (openToken(currentProcess(), TOKEN_QUERY, token) === 0) throw new NativeError('OpenProcessToken', getLastError());
  try {
    const answer = Buffer.alloc(longestAnswer);
    if (getInformation(token[0], kind, answer, answer.length, [0]) === 0) {
      throw new NativeError('GetTokenInformation', getLastError());
    }
    return answer;
  } finally {
    closeHandle(token[0]);
  }
}

/** Whether this process runs with an administrator's full rights. */
export async function isElevated(): Promise<boolean> {
  return (await tokenInformation(TokenElevation)).readUInt32LE() !== 0;
}

/** TOKEN_USER of this process: the address of its user's SID, which lies behind it in the same buffer. */
export function tokenUser(): Promise<Buffer> {
  return tokenInformation(TokenUser);
}
