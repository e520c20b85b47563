import type { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { Output } from '../../src/cli/output.ts';
import { program } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/rendering.ts';
import document from '../../src/protocol/generated/openrpc.json' with { type: 'json' };

interface Schema {
  $ref?: string;
  type?: string;
  enum?: readonly string[];
  properties?: Record<string, Schema>;
}
interface Method {
  name: string;
  'x-command'?: string;
  params: { name: string; required?: boolean; schema: Schema }[];
}

const schemas = document.components.schemas as unknown as Record<string, Schema>;
const resolved = (schema: Schema): Schema => (schema.$ref ? schemas[schema.$ref.split('/').pop()!]! : schema);
/** What has an option for each of its parts. */
const inParts = ['allow'];
const capitalised = (word: string) => word[0]!.toUpperCase() + word.slice(1);
const parts = (param: Method['params'][number]): Method['params'] =>
  inParts.includes(param.name)
    ? Object.entries(resolved(param.schema).properties!).map(([name, schema]) => ({
        name: `${param.name}${capitalised(name)}`,
        schema,
      }))
    : [param];
const methods = (document.methods as Method[])
  .filter((method) => method['x-command'])
  .map((method) => ({ ...method, params: method.params.flatMap(parts) }));

const terminal = { stdout: {}, stderr: {}, env: {}, platform: 'linux' } as unknown as Terminal;
const root = program(terminal, new Output(terminal));

function commandOf(path: string): Command {
  let command = root;
  for (const word of path.split(' ')) command = command.commands.find((one) => one.name() === word)!;
  return command;
}

const optionName = (param: string) => `--${param.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** What is a word and no option, by command. */
const words: Record<string, string[]> = {
  get: ['name'],
  remove: ['range'],
  test: ['range'],
  'exclude add': ['range'],
  'exclude remove': ['range'],
  'exclude list': ['name'],
  status: ['ranges'],
  apply: ['text'],
  import: ['text'],
};

/** What a command says of itself, asks of the terminal, or does in another way. */
const otherwise: Record<string, string[]> = {
  // --persistent; a hold is for as long as a command runs, which is what exec is for.
  new: ['lifetime', 'hold', 'inUse'],
  map: ['render'],
  status: ['workDoneToken'],
  // Also by name, which the token stands behind.
  test: ['token'],
};

describe.each(methods.map((method) => [method['x-command']!, method] as const))('%s', (path, { name, params }) => {
  const command = commandOf(path);

  test(`has what ${name} takes`, () => {
    expect(command).toBeDefined();
    if (words[path]) expect(command.registeredArguments).not.toEqual([]);
    const elsewhere = new Set([...(words[path] ?? []), ...(otherwise[path] ?? [])]);
    const options = new Map(command.options.map((option) => [option.long, option]));
    for (const param of params.filter((one) => !elsewhere.has(one.name))) {
      const option = options.get(optionName(param.name));
      expect(option, `${path} ${optionName(param.name)}`).toBeDefined();
      checkWords(option!, resolved(param.schema), `${path} ${optionName(param.name)}`);
    }
  });

  test('has no option that the contract does not know', () => {
    const own = [
      '--json',
      '--provider',
      '--persistent',
      '--name',
      '--probe',
      '--width',
      '--plain',
      '--svg',
      ...['--html', '--card', '--layout', '--caption', '--stamp', '--watch'],
      '--pid',
      '--for',
      '--allow-in-use',
      '--exit-code',
    ];
    const known = new Set([...params.map((param) => optionName(param.name)), ...own, '--detailed-exitcode']);
    // What is hidden is another word for an option that is shown.
    const shown = command.options.filter(({ hidden }) => !hidden);
    expect(shown.map(({ long }) => long).filter((long) => !known.has(long!))).toEqual([]);
  });
});

function checkWords({ argChoices }: Option, schema: Schema, where: string): void {
  if (schema.enum) expect(argChoices, where).toEqual(schema.enum);
}

test('every command that takes --provider takes those of the contract', () => {
  const { schema } = (document.methods as Method[])
    .find(({ name }) => name === 'initialize')!
    .params.find(({ name }) => name === 'provider')!;
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const taking = all(root).flatMap(({ options }) => options.filter(({ long }) => long === '--provider'));
  expect(taking.length).toBeGreaterThan(10);
  for (const option of taking) checkWords(option, resolved(schema), '--provider');
});
