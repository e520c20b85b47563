import type { KoffiFunc, LibraryHandle } from 'koffi';
import { koffi } from '../koffi.ts';
import { NativeError } from '../native-error.ts';
import { codes } from './codes.ts';

/** A bound function; its numbers and buffers are as its prototype says. */
export type NativeFunction = KoffiFunc<(...values: unknown[]) => number>;

let systemFolder: string | undefined;

/** The system folder as Windows says it (GetSystemDirectoryW): the environment could name another. */
export async function systemDirectory(): Promise<string> {
  if (systemFolder === undefined) {
    const ffi = await koffi();
    // The one library that is there before its folder is known; every process has it loaded.
    const get = ffi
      .load('kernel32.dll')
      .func('uint32_t __stdcall GetSystemDirectoryW(_Out_ uint16_t *buffer, uint32_t size)');
    const buffer = Buffer.alloc(520);
    const length: number = get(buffer, buffer.length / 2);
    systemFolder = buffer.toString('utf16le', 0, length * 2);
  }
  return systemFolder;
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
