import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Case, median, timed } from '../measure.ts';
import { environment, libraryFile } from '../support.ts';

const processes = 16;
const ports = 10;
const rounds = 5;

const program = (from: string, name: string) => `
  const { ${name}: getPort } = await import(${JSON.stringify(from)});
  for (let count = 0; count < ${ports}; count++) await getPort();`;

/** All start at once, get their ports one after the other, and end. */
async function askAll(code: string): Promise<void> {
  const asking = Array.from({ length: processes }, async () => {
    const args = ['--input-type=module', '--eval', code];
    const [exitCode] = await once(spawn(process.execPath, args, { stdio: 'inherit', env: environment() }), 'exit');
    if (exitCode !== 0) throw new Error(`A process that asked for ports ended with ${exitCode}.`);
  });
  await Promise.all(asking);
}

const contended: Case = {
  name: `getPort: ${processes} processes, ${ports} ports each`,
  async run() {
    const ours = program(libraryFile, 'getPort');
    const theirs = program(import.meta.resolve('get-port'), 'default');
    const times: Record<'ours' | 'theirs', number[]> = { ours: [], theirs: [] };
    for (let round = 0; round < rounds; round++) {
      times.theirs.push(await timed(() => askAll(theirs)));
      times.ours.push(await timed(() => askAll(ours)));
    }
    const milliseconds = median(times.ours);
    return [
      { name: this.name, ratio: milliseconds / median(times.theirs), milliseconds, floor: 'get-port', aim: '<= 4 x' },
    ];
  },
};

export const getPortCases: Case[] = [contended];
