/** A piece of a netlink message: its kind, and where its value lies. */
export interface Attribute {
  kind: number;
  from: number;
  to: number;
}

/** The two upper bits say how the value is to be read, which who reads it knows. */
const kindMask = 0x3fff;
const headSize = 4;

/** The attributes that lie between. */
export function* attributesOf(buffer: Buffer, start: number, end: number): Generator<Attribute> {
  for (let at = start; at + headSize <= end; ) {
    const size = buffer.readUInt16LE(at);
    if (size < headSize) return;
    yield { kind: buffer.readUInt16LE(at + 2) & kindMask, from: at + headSize, to: at + size };
    at += (size + 3) & ~3;
  }
}
