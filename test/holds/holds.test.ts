import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openService } from '../../src/open-service.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ownHost } from '../support/own-host.ts';
import { type Program, programs } from './programs.ts';

useOwnNetwork();

const holds = ['yield', 'strict'] as const;

/** The rows of the table of docs/holds.md that say what each program does, by how they begin. */
const rows = readFileSync(join(import.meta.dirname, '../../docs/holds.md'), 'utf8')
  .split('| program | `yield` | `strict` | why |\n')[1]!
  .split('\n\n')[0]!
  .split('\n')
  .slice(1)
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('**', '')))
  .map(([, program, underYield, underStrict]) => ({ program: program!, yield: underYield, strict: underStrict }));

const isListening = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    }).once('error', () => resolve(false));
  });

/** What becomes of a program that is told the number of a port held so. */
async function outcome({ command }: Program, hold: (typeof holds)[number]): Promise<string> {
  const service = await openService({ host: ownHost() });
  onTestFinished(() => service.close());
  const { range } = (await service.create({ protocol: 'tcp', hold })).reservations[0]!;
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [file, ...words] = command(range.startPort, folder);
  const child = spawn(file!, words, { cwd: folder, detached: true, stdio: 'ignore' });
  let hasEnded = false;
  const ended = once(child, 'exit').then(() => {
    hasEnded = true;
  });
  try {
    while (!hasEnded) {
      if (await isListening(range.startPort)) return 'listens';
      await Promise.race([ended, setTimeout(20)]);
    }
    return 'refused';
  } finally {
    if (!hasEnded) process.kill(-child.pid!, 'SIGKILL');
    await ended;
  }
}

describe.skipIf(process.platform !== 'linux')('docs/holds.md is what is measured (skipped: needs Linux)', () => {
  for (const program of programs) {
    const { row, name, needs, isInCi = true, isAdvised } = program;
    const has = spawnSync(needs[0], needs.slice(1)).status === 0;
    if (!has && !isInCi && process.env.CI === 'true') continue;
    const skipped = has ? '' : ` (skipped: no ${needs[0]})`;
    test.skipIf(skipped).each(holds)(`${name} on a port held by %s${skipped}`, async (hold) => {
      const said = rows.filter((one) => one.program.startsWith(row));
      expect(said).toHaveLength(1);
      const found = await outcome(program, hold);
      expect(found).toBe(isAdvised && hold === 'yield' ? 'listens' : said[0]![hold]);
    });
  }

  test.each(rows)('the row of $program has a program here', ({ program }) => {
    expect(programs.some(({ row }) => program.startsWith(row))).toBe(true);
  });
});
