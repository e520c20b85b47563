import { win32 } from 'node:path';
import { report } from 'node:process';
import type { KoffiFunc, LibraryHandle } from 'koffi';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { NativePartError } from '../native-part-error.ts';
import { codes } from './codes.ts';

/** A bound function; its numbers and buffers are as its prototype says. */
export type NativeFunction = KoffiFunc<(...values: unknown[]) => number>;

let systemFolder: string | undefined;

/**
 * The system folder as Windows says it: the environment could name another.
 * @throws NativePartError
 */
export async function systemDirectory(): Promise<string> {
  systemFolder ??= await systemFolderByCall();
  return systemFolder;
}

/** By GetSystemDirectoryW; where no native code loads, by where this process has the first of all libraries from. */
async function systemFolderByCall(): Promise<string> {
  try {
    const ffi = await koffi();
    // The one library that is there before its folder is known; every process has it loaded.
    const get = ffi
      .load('kernel32.dll')
      .func('uint32_t __stdcall GetSystemDirectoryW(_Out_ uint16_t *buffer, uint32_t size)');
    const buffer = Buffer.alloc(520);
    const length: number = get(buffer, buffer.length / 2);
    return buffer.toString('utf16le', 0, length * 2);
  } catch (error) {
    const found = error instanceof NativePartError ? folderOfNtdll() : undefined;
    if (found === undefined) throw error;
    return found;
  }
}

/** Node lists the libraries of this process in its report. */
function folderOfNtdll(): string | undefined {
  // Without this the names of all connected hosts would be looked up.
  Object.assign(report, { excludeNetwork: true });
  const { sharedObjects = [] } = report.getReport() as { sharedObjects?: string[] };
  const ntdll = sharedObjects.find((path) => /^[a-z]:\\.*\\ntdll\.dll$/i.test(path));
  return ntdll && win32.dirname(ntdll);
}

/** A system library, loaded by absolute path on first use; each function is bound on its first use. */
export class SystemLibrary {
  readonly #file: string;
  readonly #functions = new Map<string, NativeFunction>();
  #library: LibraryHandle | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Binds a function by its C prototype.
   * @throws NativeError ERROR_PROC_NOT_FOUND (127) when this system's library does not export it
   */
  async bind(name: string, prototype: string): Promise<NativeFunction> {
    const known = this.#functions.get(name);
    if (known) return known;
    const ffi = await koffi();
    this.#library ??= ffi.load(`${await systemDirectory()}\\${this.#file}`);
    try {
      const bound = this.#library.func(prototype);
      this.#functions.set(name, bound);
      return bound;
    } catch (error) {
      throw new NativeError(name, codes.ERROR_PROC_NOT_FOUND, error);
    }
  }
}
