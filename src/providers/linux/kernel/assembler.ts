import { endianness } from 'node:os';

/** A register: r0 the result, r1 to r5 arguments of calls, r6 to r9 kept over calls, r10 the frame. */
export type Register = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;

/** One instruction, as the kernel's Documentation/bpf/standardization/instruction-set.rst has it; `to` is a label. */
interface Instruction {
  code: number;
  destination?: Register;
  source?: Register;
  offset?: number;
  immediate?: number;
  to?: string;
}

/** A program: instructions, labels (text), and pieces of such. */
export type Code = Instruction | string | readonly Code[];

/** How much a load or store moves, as a part of its code. */
export type Width = 'byte' | 'half' | 'word' | 'double';
const widths: Record<Width, number> = { word: 0x00, half: 0x08, byte: 0x10, double: 0x18 };

/** Marks the 64-bit load of a map, by its descriptor. */
const BPF_PSEUDO_MAP_FD = 1;

export const move = (destination: Register, source: Register): Code => ({ code: 0xbf, destination, source });
/** Moves the lower half and clears the upper. */
export const moveHalf = (destination: Register, source: Register): Code => ({ code: 0xbc, destination, source });
export const set = (destination: Register, immediate: number): Code => ({ code: 0xb7, destination, immediate });
export const add = (destination: Register, immediate: number): Code => ({ code: 0x07, destination, immediate });

/** destination = *(source + offset) */
export const load = (width: Width, destination: Register, source: Register, offset: number): Code => ({
  code: 0x61 | widths[width],
  destination,
  source,
  offset,
});
/** *(destination + offset) = source */
export const store = (width: Width, destination: Register, offset: number, source: Register): Code => ({
  code: 0x63 | widths[width],
  destination,
  source,
  offset,
});
/** *(destination + offset) = immediate */
export const storeNumber = (width: Width, destination: Register, offset: number, immediate: number): Code => ({
  code: 0x62 | widths[width],
  destination,
  offset,
  immediate,
});

export const call = (helper: number): Code => ({ code: 0x85, immediate: helper });
export const exit: Code = { code: 0x95 };

export const jump = (to: string): Code => ({ code: 0x05, to });
export const ifEqual = (a: Register, b: Register, to: string): Code => ({ code: 0x1d, destination: a, source: b, to });
export const ifNotEqual = (a: Register, b: Register, to: string): Code => ({
  code: 0x5d,
  destination: a,
  source: b,
  to,
});
/** Without sign, as all that compare sizes here. */
export const ifGreater = (a: Register, b: Register, to: string): Code => ({
  code: 0x2d,
  destination: a,
  source: b,
  to,
});
export const ifNumber = (a: Register, immediate: number, to: string): Code => ({
  code: 0x15,
  destination: a,
  immediate,
  to,
});
export const ifNotNumber = (a: Register, immediate: number, to: string): Code => ({
  code: 0x55,
  destination: a,
  immediate,
  to,
});

/** A map by its descriptor; takes two places. */
export const loadMap = (destination: Register, descriptor: number): Code => [
  { code: 0x18, destination, source: BPF_PSEUDO_MAP_FD, immediate: descriptor },
  { code: 0 },
];
/** A constant of 64 bits; takes two places. */
export const loadNumber = (destination: Register, value: bigint): Code => [
  { code: 0x18, destination, immediate: Number(BigInt.asIntN(32, value)) },
  { code: 0, immediate: Number(BigInt.asIntN(32, value >> 32n)) },
];

const littleEndian = endianness() === 'LE';
const length = 8;

/** The program's bytes, each jump's label counted out. */
export function assemble(program: readonly Code[]): Buffer {
  const labels = new Map<string, number>();
  const instructions: Instruction[] = [];
  for (const item of flat(program)) {
    if (typeof item === 'string') labels.set(item, instructions.length);
    else instructions.push(item);
  }
  const bytes = Buffer.alloc(instructions.length * length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (const [index, { code, destination = 0, source = 0, offset = 0, immediate = 0, to }] of instructions.entries()) {
    const at = index * length;
    view.setUint8(at, code);
    view.setUint8(at + 1, littleEndian ? destination | (source << 4) : (destination << 4) | source);
    view.setInt16(at + 2, to === undefined ? offset : distance(labels, to, index), littleEndian);
    view.setInt32(at + 4, immediate, littleEndian);
  }
  return bytes;
}

function distance(labels: ReadonlyMap<string, number>, to: string, from: number): number {
  const target = labels.get(to);
  if (target === undefined) throw new Error(`The program has no label ${to}.`);
  return target - from - 1;
}

function* flat(code: Code): Generator<Instruction | string> {
  if (!Array.isArray(code)) yield code as Instruction | string;
  else for (const item of code) yield* flat(item);
}
