import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { kernel32 } from './kernel32.ts';
import { structs } from './layouts.ts';
import { SystemLibrary } from './library.ts';
import { tokenUser } from './process-token.ts';

/* Processes and who runs them (tlhelp32.h, winbase.h). */

const PROCESS_QUERY_LIMITED_INFORMATION = 0x1000;
const TH32CS_SNAPPROCESS = 2;
/** INVALID_HANDLE_VALUE */
const noSnapshot = -1;

/** As long as a path can be. */
const longestPath = 32_768;
/** As long as an account's or a domain's name can be. */
const longestName = 257;

const advapi32 = new SystemLibrary('advapi32.dll');

const lookupAccount = () =>
  advapi32.bind(
    'LookupAccountSidW',
    'int __stdcall LookupAccountSidW(str16 system, void *sid, void *name, _Inout_ uint32_t *nameLength, void *domain, _Inout_ uint32_t *domainLength, _Out_ int *use)',
  );

/** The text up to its end. */
const text = (bytes: Buffer, start = 0): string => bytes.toString('utf16le', start).split('\0', 1)[0]!;

/** A process as everybody may see it. */
export interface ListedProcess {
  /** The name of its program. */
  name: string;
  /** The process that started it, which may have ended since. */
  parent: number;
}

/** This process and those that it comes from. */
export async function ownLine(listed: ReadonlyMap<number, ListedProcess>): Promise<Set<number>> {
  const line = new Set<number>();
  let at: number | undefined = (await kernel32('GetCurrentProcessId'))();
  while (at && !line.has(at)) {
    line.add(at);
    at = listed.get(at)?.parent;
  }
  return line;
}

/**
 * All processes, by their ids; that needs no rights.
 * @throws NativeError
 */
export async function listedProcesses(): Promise<Map<number, ListedProcess>> {
  const ffi = await koffi();
  const layout = ffi.struct(structs.PROCESSENTRY32W);
  const at = (field: string) => ffi.offsetof(layout, field);
  const [idAt, parentAt, nameAt] = [at('th32ProcessID'), at('th32ParentProcessID'), at('szExeFile')];
  const [create, first, next] = [
    await kernel32('CreateToolhelp32Snapshot'),
    await kernel32('Process32FirstW'),
    await kernel32('Process32NextW'),
  ];
  const [close, lastError] = [await kernel32('CloseHandle'), await kernel32('GetLastError')];
  const listed = new Map<number, ListedProcess>();
  const entry = Buffer.alloc(ffi.sizeof(layout));
  entry.writeUInt32LE(entry.length);
  const snapshot = create(TH32CS_SNAPPROCESS, 0);
  if (snapshot === noSnapshot) throw new NativeError('CreateToolhelp32Snapshot', lastError());
  try {
    for (let found = first(snapshot, entry); found !== 0; found = next(snapshot, entry)) {
      listed.set(entry.readUInt32LE(idAt), { name: text(entry, nameAt), parent: entry.readUInt32LE(parentAt) });
    }
  } finally {
    close(snapshot);
  }
  return listed;
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
  const [open, image] = [await kernel32('OpenProcess'), await kernel32('QueryFullProcessImageNameW')];
  const [close, lastError] = [await kernel32('CloseHandle'), await kernel32('GetLastError')];
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

/** Undefined where this user may not look. */
async function userOf(process: number): Promise<string | undefined> {
  const ffi = await koffi();
  let user: Buffer;
  try {
    user = await tokenUser(process);
  } catch (error) {
    if (error instanceof NativeError) return undefined;
    throw error;
  }
  const lookup = await lookupAccount();
  const [name, domain] = [Buffer.alloc(longestName * 2), Buffer.alloc(longestName * 2)];
  const sid = ffi.decode(user, 'void *');
  if (lookup(null, sid, name, [longestName], domain, [longestName], [0]) === 0) return undefined;
  return [text(domain), text(name)].filter(Boolean).join('\\');
}

const STILL_ACTIVE = 259;

/**
 * Looks at a process: whether it lives and when it was created, in 100 ns since 1601. Without the time where this user
 * may not look.
 */
export async function windowsProcessTimes(processId: number): Promise<{ alive: boolean; startTime?: string }> {
  const [openProcess, close, lastError] = [
    await kernel32('OpenProcess'),
    await kernel32('CloseHandle'),
    await kernel32('GetLastError'),
  ];
  const [getExitCode, getTimes] = [await kernel32('GetExitCodeProcess'), await kernel32('GetProcessTimes')];

  const handle = openProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, processId);
  // Access denied is no death: the process is there, and somebody else's.
  if (handle === 0) return { alive: lastError() !== codes.ERROR_INVALID_PARAMETER };
  try {
    // An ended process stays for as long as anybody has a handle of it.
    const exitCode = [0];
    if (getExitCode(handle, exitCode) !== 0 && exitCode[0] !== STILL_ACTIVE) return { alive: false };
    const creation = [0n];
    if (getTimes(handle, creation, [0n], [0n], [0n]) === 0) return { alive: true };
    return { alive: true, startTime: String(creation[0]) };
  } finally {
    close(handle);
  }
}
