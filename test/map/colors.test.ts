import { describe, expect, test } from 'vitest';
import { kinds, styles } from '../../src/map/kinds.ts';

type Triple = [number, number, number];
type Matrix = [Triple, Triple, Triple];

/** How people see linear RGB who lack one kind of cone (Machado, Oliveira and Fernandes 2009, severity 1). */
const eyes: Record<string, Matrix> = {
  'all colours': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

function linear(hex: string): Triple {
  return [1, 3, 5].map((at) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as Triple;
}

const times = (matrix: Matrix, [a, b, c]: Triple): Triple =>
  matrix.map(([x, y, z]) => Math.min(1, Math.max(0, x * a + y * b + z * c))) as Triple;

/** CIE L*a*b*, in which distances are about as large as they look. */
function lab([red, green, blue]: Triple): Triple {
  const curve = (value: number) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116);
  const x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
  const y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Below about 10 two areas side by side look alike. */
const apart = 15;

describe.each(['dark', 'light'] as const)('on a %s ground', (theme) => {
  test.each(Object.keys(eyes))('the kinds differ for eyes that see %s', (eye) => {
    const seen = kinds.map((kind) => lab(times(eyes[eye]!, linear(styles[kind][theme]))));
    for (const [index, one] of seen.entries()) {
      for (const [before, other] of seen.slice(0, index).entries()) {
        const distance = Math.hypot(...one.map((value, axis) => value - other[axis]!));
        expect(distance, `${kinds[index]} and ${kinds[before]}`).toBeGreaterThan(apart);
      }
    }
  });
});

test('without colours each kind has a character of its own', () => {
  for (const characters of ['unicode', 'ascii'] as const) {
    expect(new Set(kinds.map((kind) => styles[kind][characters])).size).toBe(kinds.length);
  }
  for (const colors of ['ansi16', 'ansi256'] as const) {
    expect(new Set(kinds.map((kind) => styles[kind][colors])).size).toBe(kinds.length);
  }
});
