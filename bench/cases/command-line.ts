import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Case, paired } from '../measure.ts';
import { environment, workerFile } from '../support.ts';

const program = join(workerFile, '../portreservation.mjs');

const node = async (...args: string[]) => {
  await once(spawn(process.execPath, args, { env: environment(), stdio: 'ignore' }), 'exit');
};

const startsOf = (name: string, aim: string, ...words: string[]): Case => ({
  name,
  run: async () => [
    {
      name,
      ...(await paired(
        25,
        () => node(program, ...words),
        () => node('-e', '0'),
      )),
      floor: 'node -e 0',
      aim,
    },
  ],
});

export const commandLineCases: Case[] = [
  startsOf('portreservation --version', '<= 1.2', '--version'),
  startsOf('portreservation get', '<= 2', 'get'),
];
