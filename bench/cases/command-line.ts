import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Case, paired } from '../measure.ts';
import { environment, workerFile } from '../support.ts';

const program = join(workerFile, '../portreservation.mjs');

/** There after `npm run package`. */
const singleProgram = join(
  workerFile,
  '../../../../build/package',
  `portreservation-${process.platform}-${process.arch}${process.platform === 'win32' ? '.exe' : ''}`,
);

const run = async (...command: string[]) => {
  const [file, ...args] = command;
  await once(spawn(file!, args, { env: environment(), stdio: 'ignore' }), 'exit');
};

const trueByNode = ['-e', "require('child_process').spawn('true', { stdio: 'inherit' })"];

/** How long the program takes, against the least that Node does for it. */
const startsOf = (name: string, aim: string, command: readonly string[], floor = ['-e', '0']): Case => ({
  name,
  run: async () => [
    {
      name,
      ...(await paired(
        25,
        () => run(...command),
        () => run(process.execPath, ...floor),
      )),
      floor: floor === trueByNode ? 'true, started by node -e' : 'node -e 0',
      aim,
    },
  ],
});

const bySingleProgram: Case[] = existsSync(singleProgram)
  ? [
      startsOf('the single program: --version', '<= 1.2', [singleProgram, '--version']),
      startsOf('the single program: get', '<= 1.4', [singleProgram, 'get']),
      startsOf('the single program: exec -- true', '<= 1.8', [singleProgram, 'exec', '--', 'true'], trueByNode),
    ]
  : [];

export const commandLineCases: Case[] = [
  startsOf('portreservation exec -- true', '<= 1.3', [process.execPath, program, 'exec', '--', 'true'], trueByNode),
  startsOf('portreservation --version', '<= 1.2', [process.execPath, program, '--version']),
  startsOf('portreservation get', '<= 1.4', [process.execPath, program, 'get']),
  ...bySingleProgram,
];
