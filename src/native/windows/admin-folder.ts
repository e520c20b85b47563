import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';
import { kernel32 } from './kernel32.ts';
import { structs } from './layouts.ts';
import { SystemLibrary } from './library.ts';
import { tokenUser } from './process-token.ts';

const SDDL_REVISION_1 = 1;
const SE_FILE_OBJECT = 1;
const OWNER_SECURITY_INFORMATION = 1;
const WinLocalSystemSid = 22;
const WinBuiltinAdministratorsSid = 26;

const advapi32 = new SystemLibrary('advapi32.dll');

const prototypes = {
  ConvertStringSecurityDescriptorToSecurityDescriptorW:
    'int __stdcall ConvertStringSecurityDescriptorToSecurityDescriptorW(str16 text, uint32_t revision, _Out_ void **descriptor, void *size)',
  GetNamedSecurityInfoW:
    'uint32_t __stdcall GetNamedSecurityInfoW(str16 name, int type, uint32_t what, _Out_ void **owner, void *group, void *dacl, void *sacl, _Out_ void **descriptor)',
  IsWellKnownSid: 'int __stdcall IsWellKnownSid(void *sid, int kind)',
  EqualSid: 'int __stdcall EqualSid(void *one, void *other)',
} as const;

const bind = (name: keyof typeof prototypes) => advapi32.bind(name, prototypes[name]);

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
  const layout = ffi.struct(structs.SECURITY_ATTRIBUTES);
  const [lastError, localFree] = [await kernel32('GetLastError'), await kernel32('LocalFree')];
  const createDirectory = await kernel32('CreateDirectoryW');
  const toDescriptor = await bind('ConvertStringSecurityDescriptorToSecurityDescriptorW');

  const descriptor: [unknown] = [null];
  if (toDescriptor(adminWritesAllRead, SDDL_REVISION_1, descriptor, null) === 0) {
    throw new NativeError('ConvertStringSecurityDescriptorToSecurityDescriptorW', lastError());
  }
  try {
    const security = Buffer.alloc(ffi.sizeof(layout));
    ffi.encode(security, layout, {
      nLength: security.length,
      lpSecurityDescriptor: descriptor[0],
      bInheritHandle: 0,
    });
    if (createDirectory(path, security) !== 0) return;
    const code = lastError();
    if (code !== codes.ERROR_ALREADY_EXISTS) throw new NativeError('CreateDirectoryW', code);
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
  const [getSecurity, localFree] = [await bind('GetNamedSecurityInfoW'), await kernel32('LocalFree')];
  const [isWellKnown, equalSid] = [await bind('IsWellKnownSid'), await bind('EqualSid')];
  const user = await tokenUser();

  const owner: [unknown] = [null];
  const descriptor: [unknown] = [null];
  const code = getSecurity(path, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, owner, null, null, null, descriptor);
  if (code === codes.ERROR_FILE_NOT_FOUND || code === codes.ERROR_PATH_NOT_FOUND) return undefined;
  if (code !== 0) throw new NativeError('GetNamedSecurityInfoW', code);
  try {
    const trusted = [WinBuiltinAdministratorsSid, WinLocalSystemSid].some((kind) => isWellKnown(owner[0], kind) !== 0);
    return trusted || equalSid(owner[0], ffi.decode(user, 'void *')) !== 0;
  } finally {
    localFree(descriptor[0]);
  }
}
