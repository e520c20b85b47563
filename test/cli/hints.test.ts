import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inCommandLine } from '../../src/dialects/command-line.ts';
import { startRawWorker } from '../support/worker.ts';
import { commandLine } from './support.ts';

const source = join(import.meta.dirname, '../../src');
/** What a user of the command line can be told by. */
const rooms = ['service', 'providers', 'ledger', 'machine', 'native', 'desired-state', 'protocol', 'library'];

/** Sentences in the code of a room: literals with several words. */
function sentencesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const literals = [...text.matchAll(/'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`/g)];
  return literals.map(([, a, b, c]) => a ?? b ?? c ?? '').filter((one) => one.trim().split(/\s+/).length >= 4);
}

const sentences = rooms.flatMap((room) =>
  readdirSync(join(source, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
    .flatMap((file) => sentencesOf(join(source, room, file)).map((text) => [`${room}/${file}`, text] as const)),
);

test('no sentence of the service reaches a user of the command line in the words of another face', () => {
  expect(sentences.length).toBeGreaterThan(300);
  // Runners of tests have workers, and those who use the library with them know that.
  const own = sentences.filter(([file]) => !file.startsWith('library/runners/'));
  const foreign =
    /\bworkers?\b|\bcmdlets?\b|\brestartNat\b|\bwith force\b|elevated process|\bProvider\b|this session\b/;
  expect(own.filter(([, text]) => foreign.test(inCommandLine(text)))).toEqual([]);
});

test.each([
  ['The range must be exactly the reserved one. List the reservations to see them.', 'portreservation get lists them.'],
  ['Run it as root or from an elevated process.', 'Run it with sudo, or from an elevated prompt.'],
  ['Release it through the ledger provider.', 'Add --provider ledger.'],
  ['Remove it with force if you know that nobody needs it.', 'Use --force if you know that nobody needs it.'],
])('%s is said in words of the command line', (theirs, ours) => {
  expect(inCommandLine(theirs)).toContain(ours);
});

test('what is in quotes is a name, and stays', () => {
  const sentence = 'tcp 1 overlaps tcp 1 "another worker with restartNat" of ada.';
  expect(inCommandLine(sentence)).toBe(sentence);
});

test('the hint of an error names commands', async () => {
  const run = commandLine();
  const { stderr } = await run('exclude', 'remove', '21999');
  expect(stderr).toContain('portreservation exclude list lists them.');
  expect(stderr).not.toContain('List the exclusions');
});

test.each([
  ['commandLine', 'portreservation exclude list lists them.', /^portreservation/],
  ['powershell', 'Get-PortExclusion lists them.', /^New-Port/],
  [undefined, 'List the exclusions to see them.', undefined],
] as const)('a client that asks for the dialect %s is told in it', async (dialect, hint, command) => {
  const { peer } = startRawWorker(onTestFinished);
  const ask = async (id: number, method: string, params: object) => {
    peer.request(id, method, params);
    return peer.next();
  };
  await ask(1, 'initialize', { processId: process.pid, capabilities: { ...(dialect && { dialect }) } });
  const range = { startPort: 21_999, numberOfPorts: 1 };
  const refused = await ask(2, 'exclusion/remove', { protocol: 'tcp', range });
  expect(refused).toMatchObject({ error: { data: { hint: expect.stringContaining(hint) } } });
  if (process.platform !== 'linux') return;
  const inDynamicRange = { startPort: 49_999, numberOfPorts: 1 };
  const looked = (await ask(3, 'port/inspect', { protocol: 'tcp', ranges: [inDynamicRange] })) as unknown as {
    result: { ports: { verdict: string; remedy?: { command?: string; sentence: string } }[] };
  };
  const [status] = looked.result.ports;
  if (status!.verdict !== 'inDynamicRange') return;
  if (command) expect(status!.remedy!.command).toMatch(command);
  else expect(status!.remedy).not.toHaveProperty('command');
  expect(status!.remedy!.sentence).toMatch(/^(Keep|Reserve) /);
});
