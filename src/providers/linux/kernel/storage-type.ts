import { endianness } from 'node:os';

const littleEndian = endianness() === 'LE';

// Documentation/bpf/btf.rst
const magic = 0xeb9f;
const version = 1;
const headerSize = 24;
const typeSize = 16;
const kindInteger = 1 << 24;

const names = '\0u32\0u64\0';
/** Name (where it begins in `names`), size in bytes, size in bits. */
const types = [
  [1, 4, 32],
  [5, 8, 64],
] as const;

/** The numbers of the two types below. */
export const keyType = 1;
export const valueType = 2;

/** The least BTF that a socket storage is made with: its key is a descriptor, its value a token. */
export function storageTypes(): Buffer {
  const bytes = Buffer.alloc(headerSize + types.length * typeSize + names.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const stringsAt = types.length * typeSize;
  view.setUint16(0, magic, littleEndian);
  view.setUint8(2, version);
  view.setUint32(4, headerSize, littleEndian);
  view.setUint32(12, stringsAt, littleEndian);
  view.setUint32(16, stringsAt, littleEndian);
  view.setUint32(20, names.length, littleEndian);
  for (const [index, [name, size, bits]] of types.entries()) {
    const at = headerSize + index * typeSize;
    view.setUint32(at, name, littleEndian);
    view.setUint32(at + 4, kindInteger, littleEndian);
    view.setUint32(at + 8, size, littleEndian);
    view.setUint32(at + 12, bits, littleEndian);
  }
  bytes.write(names, headerSize + stringsAt, 'latin1');
  return bytes;
}
