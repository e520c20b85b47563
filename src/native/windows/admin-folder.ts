import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { structs } from './layouts.ts';
import { tokenUser } from './process-token.ts';

const SDDL_REVISION_1 = 1;
const SE_FILE_OBJECT = 1;
const OWNER_SECURITY_INFORMATION = 1;
const WinLocalSystemSid = 22;
const WinBuiltinAdministratorsSid = 26;
const ERROR_FILE_NOT_FOUND = 2;
const ERROR_PATH_NOT_FOUND = 3;
const ERROR_ALREADY_EXISTS = 183;

/**
 * Owned by the administrators; full access for the system and them, reading for the other users, and nothing from the
 * folder above: in ProgramData every user may make files.
 */
const adminWritesAllRead = 'O:BAG:BAD:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;FRFX;;;BU)';

/**
 * Makes a folder that only administrators may write to and all users may read. One that is there stays as it is.
 * @throws NativeError
 */
export async function createAdminFolder(path: string): Promise<void> {
  const ffi = await koffi();
  const kernel32 = ffi.load('kernel32.dll');
  const attributes = ffi.struct(structs.SECURITY_ATTRIBUTES);
  const getLastError = kernel32.func('uint32_t GetLastError()');
  const localFree = kernel32.func('void *LocalFree(void *memory)');
  const createDirectory = kernel32.func('CreateDirectoryW', 'int', ['str16', ffi.pointer(attributes)]);
  const toDescriptor = ffi
    .load('advapi32.dll')
    .func(
      'int ConvertStringSecurityDescriptorToSecurityDescriptorW(str16 text, uint32_t revision, _Out_ void **descriptor, void *size)',
    );

  const descriptor: [unknown] = [null];
  if (toDescriptor(adminWritesAllRead, SDDL_REVISION_1, descriptor, null) === 0) {
    throw new NativeError('ConvertStringSecurityDescriptorToSecurityDescriptorW', getLastError());
  }
  try {
    const security = { nLength: ffi.sizeof(attributes), lpSecurityDescriptor: descriptor[0], bInheritHandle: 0 };
    if (createDirectory(path, security) !== 0) return;
    const code = getLastError();
    if (code !== ERROR_ALREADY_EXISTS) throw new NativeError('CreateDirectoryW', code);
  } finally {
    localFree(descriptor[0]);
  }
}

/**
 * Whether the folder belongs to the administrators, the system or this user; undefined when there is none.
 * @throws NativeError
 */
export async function hasTrustedOwner(path: string): Promise<boolean | undefined> {
  const ffi = await koffi();
  const advapi32 = ffi.load('advapi32.dll');
  const localFree = ffi.load('kernel32.dll').func('void *LocalFree(void *memory)');
  const getSecurity = advapi32.func(
    'uint32_t GetNamedSecurityInfoW(str16 name, int type, uint32_t what, _Out_ void **owner, void *group, void *dacl, void *sacl, _Out_ void **descriptor)',
  );
  const isWellKnown = advapi32.func('int IsWellKnownSid(void *sid, int kind)');
  const equalSid = advapi32.func('int EqualSid(void *one, void *other)');
  const user = await tokenUser();

  const owner: [unknown] = [null];
  const descriptor: [unknown] = [null];
  const code = getSecurity(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, owner, null, null, null, descriptor);
  if (code === ERROR_FILE_NOT_FOUND || code === ERROR_PATH_NOT_FOUND) return undefined;
  if (code !== 0) throw new NativeError('GetNamedSecurityInfoW', code);
  try {
    const trusted = [WinBuiltinAdministratorsSid, WinLocalSystemSid].some((kind) => isWellKnown(owner[0], kind) !== 0);
    return trusted || equalSid(owner[0], ffi.decode(user, 'void *')) !== 0;
  } finally {
    localFree(descriptor[0]);
  }
}
