import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { topControlGroup } from '../../src/providers/linux/kernel/control-group.ts';
import { KernelGate } from '../../src/providers/linux/kernel/kernel-gate.ts';
import type { Case, Result } from '../measure.ts';

// The bundled benchmark lies in build/bench.
const source = fileURLToPath(new URL('../../bench/cases/kernel-gate.c', import.meta.url));
const rounds = 301;
const loops = 1000;
const free = 50_000;

const lacking = (): string | undefined => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.geteuid?.() !== 0) return 'needs root';
  return spawnSync('gcc', ['--version']).status === 0 ? undefined : 'needs gcc';
};

/** Two control groups side by side, a gate on the first alone, and the program that runs in both. */
async function inGroups(work: (gate: KernelGate, time: (what: string, token?: bigint) => Times) => Promise<Result[]>) {
  const folder = mkdtempSync(join(tmpdir(), 'kernel-gate-'));
  const groups = ['gated', 'free'].map((name) =>
    join(topControlGroup().path, `port-reservation-bench-${process.pid}-${name}`),
  );
  const program = join(folder, 'bench');
  const gate = KernelGate.own({ userId: 0, group: groups[0]! });
  try {
    execFileSync('gcc', ['-O2', '-o', program, source]);
    for (const group of groups) mkdirSync(group);
    const time = (what: string, token?: bigint): Times => {
      const args = [...groups, what, `${rounds}`, `${loops}`, ...(token === undefined ? [] : [`${token}`])];
      return JSON.parse(execFileSync(program, args, { encoding: 'utf8' }));
    };
    return await work(gate, time);
  } finally {
    await gate.close();
    for (const group of groups) rmdirSync(group);
    rmSync(folder, { recursive: true });
  }
}

interface Times {
  ratio: number;
  /** Nanoseconds. */
  gated: number;
  free: number;
}

const result = (name: string, { ratio, gated, free: floor }: Times, what: string, aim?: string): Result => ({
  name,
  ratio,
  milliseconds: gated / 1e6,
  floor: `${what} without a gate (+${(gated - floor).toFixed(0)} ns)`,
  ...(aim && { aim }),
});

const bind = 'socket+bind+close';

const costs: Case = {
  name: 'kernel gate',
  run: async () => {
    const reason = lacking();
    if (reason) {
      console.log(`kernel gate: not measured, ${reason}`);
      return [];
    }
    return inGroups(async (gate, time) => {
      const results = [result('kernel gate: nothing attached', time(`${free}`), bind, '1')];
      const allow = { userId: 65_534 };
      await gate.acquire('udp', { startPort: 20_999, numberOfPorts: 1 }, { allow });
      results.push(result('kernel gate: setsockopt, no token needed', time('option'), 'setsockopt', '1'));
      const tokens: bigint[] = [];
      for (let start = 21_000; start < 21_200; start += 20) {
        tokens.push(await gate.acquire('tcp', { startPort: start, numberOfPorts: 10 }));
      }
      results.push(result('kernel gate: bind, 10 ranges', time(`${free}`), bind, '<= 1.05'));
      results.push(result('kernel gate: bind with its token', time('21001', tokens[0]), `setsockopt+${bind}`));
      results.push(result('kernel gate: another setsockopt', time('option'), 'setsockopt'));
      for (let start = 21_000; start < 21_200; start += 20)
        await gate.release('tcp', { startPort: start, numberOfPorts: 10 });
      // Settled, not acquired: servers of this machine may have some of these ports.
      await gate.settle([{ protocol: 'tcp', range: { startPort: 1024, numberOfPorts: 48_900 }, token: 5n }]);
      results.push(result('kernel gate: bind, a range of 48,900', time(`${free}`), bind, '<= 1.05'));
      return results;
    });
  },
};

export const kernelGateCases: Case[] = [costs];
