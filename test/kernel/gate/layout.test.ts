import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { endianness, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as layout from '../../../src/native/linux/bpf-layout.ts';
import * as a from '../../../src/providers/linux/kernel/assembler.ts';

const lacking = (() => {
  if (process.platform !== 'linux') return ' (skipped: needs Linux)';
  return spawnSync('gcc', ['--version']).status === 0 ? '' : ' (skipped: needs gcc and linux-libc-dev)';
})();

function compiledFacts(): Record<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'facts-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const program = join(folder, 'facts');
  execFileSync('gcc', ['-o', program, join(import.meta.dirname, 'facts.c')], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return JSON.parse(execFileSync(program, { encoding: 'utf8' }));
}

/** Each number of bpf-layout.ts, by `table name`, or by its name where it stands alone. */
const written: Record<string, number> = Object.fromEntries(
  Object.entries(layout).flatMap(([name, value]) =>
    typeof value === 'number' ? [[name, value]] : Object.entries(value).map(([key, one]) => [`${name} ${key}`, one]),
  ),
);

const source = (file: string) => readFileSync(join(import.meta.dirname, '../../../src', file), 'utf8');

test.skipIf(lacking)(`each number of bpf-layout.ts is that of the kernel's headers${lacking}`, () => {
  const facts = compiledFacts();
  const said = Object.fromEntries(Object.keys(written).map((name) => [name, facts[name]]));
  expect(said).toEqual(written);
});

test.skipIf(lacking)(`the numbers that stand elsewhere are those of the kernel's headers${lacking}`, () => {
  const facts = compiledFacts();
  const constant = (file: string, name: string) =>
    Number(new RegExp(`${name}\\W+(?:= )?(0x[0-9a-f]+|\\d+)`).exec(source(file))?.[1]);
  expect({
    BPF_FS_MAGIC: constant('providers/linux/kernel/pin-folder.ts', 'const bpffs'),
    RLIMIT_MEMLOCK: constant('native/linux/bpf.ts', 'const RLIMIT_MEMLOCK'),
    BPF_PSEUDO_MAP_FD: constant('providers/linux/kernel/assembler.ts', 'BPF_PSEUDO_MAP_FD'),
    IPPROTO_TCP: constant('providers/linux/kernel/range-entries.ts', '{ tcp'),
    IPPROTO_UDP: constant('providers/linux/kernel/range-entries.ts', ', udp'),
    CAP_NET_ADMIN: constant('providers/linux/kernel/failure.ts', 'CAP_NET_ADMIN:'),
    CAP_SYS_ADMIN: constant('providers/linux/kernel/failure.ts', 'CAP_SYS_ADMIN:'),
    CAP_BPF: constant('providers/linux/kernel/failure.ts', 'CAP_BPF:'),
    __NR_bpf: constant('native/linux/system-call.ts', `${process.arch}: { bpf:`),
    __NR_prlimit64: Number(
      new RegExp(`${process.arch}: .*prlimit64: (\\d+)`).exec(source('native/linux/system-call.ts'))?.[1],
    ),
  }).toEqual(
    Object.fromEntries(
      Object.entries(facts).filter(([name]) => /^(BPF_FS|RLIMIT|BPF_PSEUDO|IPPROTO|CAP_|__NR)/.test(name)),
    ),
  );
  expect(facts).toMatchObject({ 'sizeof(struct bpf_insn)': 8, 'sizeof(struct bpf_lpm_trie_key)': 4 });
});

// What the kernel's own macros in tools/include/linux/filter.h and the instruction set's document give.
describe('an instruction', () => {
  const swap = endianness() === 'BE';
  test.each<[string, a.Code, string]>([
    ['r6 = r1', a.move(6, 1), 'bf16000000000000'],
    ['w0 = w0', a.moveHalf(0, 0), 'bc00000000000000'],
    ['r1 = -98', a.set(1, -98), 'b70100009effffff'],
    ['r2 += -24', a.add(2, -24), '07020000e8ffffff'],
    ['r2 = *(u32 *)(r6 + 24)', a.load('word', 2, 6, 24), '6162180000000000'],
    ['r8 = *(u64 *)(r6 + 64)', a.load('double', 8, 6, 64), '7968400000000000'],
    ['*(u16 *)(r10 - 8) = r2', a.store('half', 10, -8, 2), '6b2af8ff00000000'],
    ['*(u64 *)(r0 + 0) = r9', a.store('double', 0, 0, 9), '7b90000000000000'],
    ['*(u32 *)(r10 - 24) = 112', a.storeNumber('word', 10, -24, 112), '620ae8ff70000000'],
    ['call 122', a.call(122), '850000007a000000'],
    ['exit', a.exit, '9500000000000000'],
    ['r1 = map 7', a.loadMap(1, 7), '18110000070000000000000000000000'],
    ['r1 = 0x1122334455667788', a.loadNumber(1, 0x1122334455667788n), '18010000887766550000000044332211'],
  ])('%s', (_words, code, bytes) => {
    if (swap) return; // the bytes are those of little-endian processors
    expect(a.assemble([code]).toString('hex')).toBe(bytes);
  });

  test('that jumps counts from the one behind it, forwards and backwards, past both halves of a wide one', () => {
    const bytes = a.assemble(['start', a.ifNumber(0, 0, 'end'), a.loadMap(1, 7), a.jump('start'), 'end', a.exit]);
    expect([0, 3].map((index) => new Int16Array(bytes.buffer, bytes.byteOffset + index * 8 + 2, 1)[0])).toEqual([
      3, -4,
    ]);
  });

  test('that jumps nowhere is an error that names the label', () => {
    expect(() => a.assemble([a.jump('nowhere'), a.exit])).toThrow('nowhere');
  });
});
