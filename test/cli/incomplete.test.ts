import { spawnSync } from 'node:child_process';
import { cpSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../ledger/support/homes.ts';
import { workerFile } from '../support/worker.ts';

const platform = `${process.platform}-${process.arch}`;
const whole = 'Copy the program with all the folders beside it, or install it again.';

/** What is done to a copy of the program, and what it then says. */
const table: { title: string; spoil: (folder: string) => void; says: RegExp; hint: string | RegExp }[] = [
  {
    title: 'its parts are not beside it',
    spoil: (folder) => {
      for (const part of ['worker', 'portreservation']) rmSync(join(folder, part), { recursive: true });
    },
    says: /^A part of the program is missing: .*\.mjs\.$/,
    hint: whole,
  },
  {
    title: 'its native code is not beside it',
    spoil: (folder) => rmSync(join(folder, 'koffi'), { recursive: true }),
    says: /^The native code is missing: there is no .*koffi\/\.$/,
    hint: whole,
  },
  {
    title: 'there is native code for other systems alone',
    spoil: (folder) => renameSync(join(folder, 'koffi', platform), join(folder, 'koffi/plan9-x64')),
    says: new RegExp(`^There is no native code for ${platform}, only for .*plan9-x64.*\\.$`),
    hint: 'Use the program on a system that it has native code for.',
  },
  {
    title: 'its native code is damaged',
    spoil: (folder) => writeFileSync(join(folder, 'koffi', platform, 'koffi.node'), 'no library'),
    says: /^The native code cannot be loaded: .*koffi\.node.*\.$/,
    hint: /./,
  },
];

describe.each(table)('where $title', ({ spoil, says, hint }) => {
  function copy(): string {
    const folder = join(temporaryFolder(), 'a copy of it');
    cpSync(dirname(workerFile), folder, { recursive: true });
    spoil(folder);
    return folder;
  }

  const run = (file: string, ...words: string[]) => {
    const env = { ...process.env, PORT_RESERVATION_HOME: temporaryFolder() };
    return spawnSync(process.execPath, [file, ...words], { env, input: '', encoding: 'utf8' });
  };

  test.each([['exec', '--', 'echo', 'done'], ['find'], ['new', '--persistent']])(
    'the command %s says so',
    (...words) => {
      const { status, stdout, stderr } = run(join(copy(), 'portreservation.mjs'), ...words);
      expect([status, stdout]).toEqual([1, '']);
      const [what = '', way = '', ...more] = stderr.replace(/^portreservation: /, '').split('\n');
      expect(what).toMatch(says);
      expect(way.trim()).toMatch(hint);
      expect(more).toEqual(['']);
    },
  );
});

test('a worker without its parts says so in its log', () => {
  const folder = temporaryFolder();
  cpSync(workerFile, join(folder, 'worker.mjs'));
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'worker.mjs'), '--stdio'], {
    input: '',
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ level: 'error', message: expect.stringContaining(whole) });
});
