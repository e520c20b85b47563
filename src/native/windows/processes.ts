import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { structs } from './layouts.ts';
import { SystemLibrary } from './library.ts';

/* Processes and who runs them (processthreadsapi.h, tlhelp32.h, securitybaseapi.h, winbase.h). */

const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const TOKEN_QUERY = 8;
const TokenUser = 1;
const TH32CS_SNAPPROCESS = 2;
/** INVALID_HANDLE_VALUE */
const noSnapshot = -1;

/** As long as a path can be. */
const longestPath = 32_768;
/** As long as an account's or a domain's name can be. */
const longestName = 257;
/** More than TOKEN_USER and its SID take. */
const longestUser = 128;

const kernel32 = new SystemLibrary('kernel32.dll');
const advapi32 = new SystemLibrary('advapi32.dll');

const prototypes = {
  CreateToolhelp32Snapshot: 'intptr_t __stdcall CreateToolhelp32Snapshot(uint32_t flags, uint32_t processId)',
  Process32FirstW: 'int __stdcall Process32FirstW(intptr_t snapshot, void *entry)',
  Process32NextW: 'int __stdcall Process32NextW(intptr_t snapshot, void *entry)',
  CloseHandle: 'int __stdcall CloseHandle(intptr_t handle)',
  GetLastError: 'uint32_t __stdcall GetLastError()',
  OpenProcess: 'intptr_t __stdcall OpenProcess(uint32_t access, int inherit, uint32_t processId)',
  QueryFullProcessImageNameW:
    'int __stdcall QueryFullProcessImageNameW(intptr_t process, uint32_t flags, void *path, _Inout_ uint32_t *length)',
} as const;

const bind = (name: keyof typeof prototypes) => kernel32.bind(name, prototypes[name]);

const openToken = () =>
  advapi32.bind(
    'OpenProcessToken',
    'int __stdcall OpenProcessToken(intptr_t process, uint32_t access, _Out_ intptr_t *token)',
  );
const tokenInformation = () =>
  advapi32.bind(
    'GetTokenInformation',
    'int __stdcall GetTokenInformation(intptr_t token, int kind, void *answer, uint32_t length, _Out_ uint32_t *returned)',
  );
const lookupAccount = () =>
  advapi32.bind(
    'LookupAccountSidW',
    'int __stdcall LookupAccountSidW(str16 system, void *sid, void *name, _Inout_ uint32_t *nameLength, void *domain, _Inout_ uint32_t *domainLength, _Out_ int *use)',
  );

/** The text up to its end. */
const text = (bytes: Buffer, start = 0): string => bytes.toString('utf16le', start).split('\0', 1)[0]!;

/**
 * The names of the programs of all processes, by process id; they need no rights.
 * @throws NativeError
 */
export async function processNames(): Promise<Map<number, string>> {
  const ffi = await koffi();
  const layout = ffi.struct(structs.PROCESSENTRY32W);
  const [idAt, nameAt] = [ffi.offsetof(layout, 'th32ProcessID'), ffi.offsetof(layout, 'szExeFile')];
  const [create, first, next] = [
    await bind('CreateToolhelp32Snapshot'),
    await bind('Process32FirstW'),
    await bind('Process32NextW'),
  ];
  const [close, lastError] = [await bind('CloseHandle'), await bind('GetLastError')];
  const names = new Map<number, string>();
  const entry = Buffer.alloc(ffi.sizeof(layout));
  entry.writeUInt32LE(entry.length);
  const snapshot = create(TH32CS_SNAPPROCESS, 0);
  if (snapshot === noSnapshot) throw new NativeError('CreateToolhelp32Snapshot', lastError());
  try {
    for (let found = first(snapshot, entry); found !== 0; found = next(snapshot, entry)) {
      names.set(entry.readUInt32LE(idAt), text(entry, nameAt));
    }
  } finally {
    close(snapshot);
  }
  return names;
}

/** What this user may see of a process. */
export interface ProcessFacts {
  /** The path of its program. */
  path?: string;
  /** Domain and name of the user who runs it. */
  user?: string;
}

/** Looks at a process; what this user may not see is left out, and a process that has ended is undefined. */
export async function processFacts(processId: number): Promise<ProcessFacts | undefined> {
  const [open, image] = [await bind('OpenProcess'), await bind('QueryFullProcessImageNameW')];
  const [close, lastError] = [await bind('CloseHandle'), await bind('GetLastError')];
  const process = open(PROCESS_QUERY_LIMITED_INFORMATION, 0, processId);
  if (process === 0) return lastError() === codes.ERROR_INVALID_PARAMETER ? undefined : {};
  try {
    const path = Buffer.alloc(longestPath * 2);
    const user = await userOf(process);
    return { ...(image(process, 0, path, [longestPath]) !== 0 && { path: text(path) }), ...(user && { user }) };
  } finally {
    close(process);
  }
}

async function userOf(process: number): Promise<string | undefined> {
  const ffi = await koffi();
  const [open, information, lookup] = [await openToken(), await tokenInformation(), await lookupAccount()];
  const close = await bind('CloseHandle');
  const token = [0];
  if (open(process, TOKEN_QUERY, token) === 0) return undefined;
  try {
    const user = Buffer.alloc(longestUser);
    if (information(token[0], TokenUser, user, user.length, [0]) === 0) return undefined;
    const [name, domain] = [Buffer.alloc(longestName * 2), Buffer.alloc(longestName * 2)];
    const sid = ffi.decode(user, 'void *');
    if (lookup(null, sid, name, [longestName], domain, [longestName], [0]) === 0) return undefined;
    return [text(domain), text(name)].filter(Boolean).join('\\');
  } finally {
    close(token[0]);
  }
}

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
