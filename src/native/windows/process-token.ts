import { NativeError } from '../native-error.ts';
import { kernel32 } from './kernel32.ts';
import { SystemLibrary } from './library.ts';

/* What a process may do and who runs it (processthreadsapi.h, securitybaseapi.h). */

const TOKEN_QUERY = 8;
const TokenUser = 1;
const TokenElevation = 20;

/** More than any of the two structures takes; a SID has at most 68 bytes. */
const longestAnswer = 128;

const advapi32 = new SystemLibrary('advapi32.dll');

const prototypes = {
  OpenProcessToken: 'int __stdcall OpenProcessToken(intptr_t process, uint32_t access, _Out_ intptr_t *token)',
  GetTokenInformation:
    'int __stdcall GetTokenInformation(intptr_t token, int kind, void *answer, uint32_t length, _Out_ uint32_t *returned)',
} as const;

const bind = (name: keyof typeof prototypes) => advapi32.bind(name, prototypes[name]);

async function tokenInformation(process: number, kind: number): Promise<Buffer> {
  const [open, information] = [await bind('OpenProcessToken'), await bind('GetTokenInformation')];
  const [close, lastError] = [await kernel32('CloseHandle'), await kernel32('GetLastError')];
  const token = [0];
  if (open(process, TOKEN_QUERY, token) === 0) throw new NativeError('OpenProcessToken', lastError());
  try {
    const answer = Buffer.alloc(longestAnswer);
    if (information(token[0], kind, answer, answer.length, [0]) === 0) {
      throw new NativeError('GetTokenInformation', lastError());
    }
    return answer;
  } finally {
    close(token[0]);
  }
}

async function thisProcess(): Promise<number> {
  return (await kernel32('GetCurrentProcess'))();
}

/** Whether this process runs with an administrator's full rights. */
export async function isElevated(): Promise<boolean> {
  return (await tokenInformation(await thisProcess(), TokenElevation)).readUInt32LE() !== 0;
}

/**
 * TOKEN_USER of the process with this handle, by default of this process: the address of its user's SID, which lies behind
 * it in the same buffer.
 * @throws NativeError
 */
export async function tokenUser(process?: number): Promise<Buffer> {
  return tokenInformation(process ?? (await thisProcess()), TokenUser);
}
