import { endianness } from 'node:os';
import { koffi } from '../koffi.ts';

const littleEndian = endianness() === 'LE';
const size = 1 << 19;
const attributeSize = 256;
const align = (length: number) => (length + 7) & ~7;

/**
 * One block outside the JavaScript heap that everything the kernel is to look at lies in, so that addresses are numbers
 * and nothing moves: the attribute of the call at its beginning, what that points at behind it.
 */
export class KernelMemory {
  readonly #address: bigint;
  readonly #bytes: Buffer;
  readonly #view: DataView;
  #used = attributeSize;

  private constructor(address: bigint, memory: ArrayBuffer) {
    this.#address = address;
    this.#bytes = Buffer.from(memory);
    this.#view = new DataView(memory);
  }

  static async allocate(): Promise<KernelMemory> {
    const ffi = await koffi();
    const block = ffi.alloc('uint8_t', size);
    return new KernelMemory(BigInt(ffi.address(block)), ffi.view(block, size));
  }

  /** The attribute's address. */
  get attribute(): bigint {
    return this.#address;
  }

  /** Begins a new call: the attribute is all zeros. */
  clear(): void {
    this.#used = attributeSize;
    this.#bytes.fill(0, 0, attributeSize);
  }

  setUint32(offset: number, value: number): void {
    this.#view.setUint32(offset, value, littleEndian);
  }

  setUint64(offset: number, value: bigint): void {
    this.#view.setBigUint64(offset, value, littleEndian);
  }

  getUint32(offset: number): number {
    return this.#view.getUint32(offset, littleEndian);
  }

  /** Writes an object's name, cut to what the kernel takes. */
  setName(offset: number, name: string, length: number): void {
    this.#bytes.write(name.slice(0, length - 1), offset, 'latin1');
  }

  /** Puts the address of a copy of the data into the attribute. */
  point(offset: number, data: Uint8Array): void {
    this.#bytes.set(data, this.pointToRoom(offset, data.length));
  }

  /** Puts the address of the text, with a zero at its end, into the attribute. */
  pointToText(offset: number, text: string): void {
    this.point(offset, Buffer.from(`${text}\0`));
  }

  /** Puts the address of so many zeros into the attribute, for the kernel to write to; gives where they are. */
  pointToRoom(offset: number, length: number): number {
    const at = this.#used;
    if (at + length > size) throw new RangeError(`${length} bytes are more than a call of bpf(2) is given here`);
    this.#used += align(length);
    this.#bytes.fill(0, at, at + length);
    this.setUint64(offset, this.#address + BigInt(at));
    return at;
  }

  /** A copy of what is there. */
  copy(at: number, length: number): Buffer {
    return Buffer.from(this.#bytes.subarray(at, at + length));
  }

  /** The text up to its zero. */
  text(at: number): string {
    return this.#bytes.toString('latin1', at, this.#bytes.indexOf(0, at));
  }
}
