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

const execOfTrue: Case = {
  name: 'portreservation exec -- true',
  run: async () => [
    {
      name: 'portreservation exec -- true',
      ...(await paired(
        25,
        () => node(program, 'exec', '--', 'true'),
        () => node('-e', "require('child_process').spawn('true', { stdio: 'inherit' })"),
      )),
      floor: 'true, started by node -e',
      aim: '<= 1.3',
    },
  ],
};

export const commandLineCases: Case[] = [
  execOfTrue,
  startsOf('portreservation --version', '<= 1.2', '--version'),
  startsOf('portreservation get', '<= 2', 'get'),
];
