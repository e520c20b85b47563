import { existsSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { runDsc } from '../../src/dsc/run.ts';
import { ownHost } from '../support/own-host.ts';
import { installModule, ownMachine } from './support/installed.ts';
import { CommandFailed, runCommand } from './support/run-command.ts';

const valid = '{"protocol":"tcp","startPort":23000,"numberOfPorts":10}';

/** Runs the command with this on stdin, as a program does that does not check its input before. */
async function failure(operation: string, input: string | undefined, env: NodeJS.ProcessEnv): Promise<CommandFailed> {
  const { module: directory } = installModule(onTestFinished);
  const [verb = '', ...options] = operation.split(' ');
  const command = { executable: 'node', args: ['./worker/dsc.cjs', verb, 'Reservation', ...options] };
  const outcome = await runCommand(command, input, { directory, env }).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(CommandFailed);
  return outcome as CommandFailed;
}

const errors = ({ traces }: CommandFailed) =>
  traces.map(({ level, message }) => (level === 'error' ? message : `${level}: ${message}`));

describe('bad input', () => {
  const cases: [string, string | undefined, string[]][] = [
    ['nothing', undefined, ['protocol is required', 'startPort is required', 'numberOfPorts is required']],
    ['an empty line', '\n', ['protocol is required', 'startPort is required', 'numberOfPorts is required']],
    ['no JSON', '{"protocol":', ['the input is not JSON: Unexpected end of JSON input']],
    ['an array', '[]', ['the input must be an object']],
    [
      'an unknown property',
      '{"colour":1,"protocol":"tcp","startPort":1,"numberOfPorts":1}',
      ['colour is not a known parameter'],
    ],
    ['a port out of range', '{"protocol":"tcp","startPort":0,"numberOfPorts":1}', ['startPort must be 1 to 65535']],
    [
      'a text for a number',
      '{"protocol":"tcp","startPort":"80","numberOfPorts":1}',
      ['startPort must be a whole number, 1 to 65535'],
    ],
    [
      'an unknown protocol',
      '{"protocol":"sctp","startPort":1,"numberOfPorts":1}',
      ['protocol must be one of tcp, udp'],
    ],
    [
      'a range past the last port',
      '{"protocol":"tcp","startPort":65530,"numberOfPorts":10}',
      ['numberOfPorts must be at most 6 with startPort 65530: the last port is 65535, not 65539'],
    ],
    [
      'a name with a control character',
      '{"protocol":"tcp","startPort":1,"numberOfPorts":1,"name":"a\\u0007"}',
      ['name must not contain control characters'],
    ],
  ];

  test.each(cases)('%s is refused by name, and changes nothing', async (_what, input, messages) => {
    const env = ownMachine(onTestFinished);
    const outcome = await failure('set', input, env);
    expect(outcome.exitCode).toBe(64);
    expect(errors(outcome)).toEqual(messages);
    expect(existsSync(env.PORT_RESERVATION_HOME!)).toBe(false);
  });

  test.each(['get', 'test', 'set --what-if', 'delete', 'delete --what-if'])(
    'is refused by %s too',
    async (operation) => {
      expect((await failure(operation, '{}', ownMachine(onTestFinished))).exitCode).toBe(64);
    },
  );
});

test('a terminal is not waited for', async () => {
  const written: string[] = [];
  const output = { write: (text: string) => written.push(text) };
  const stdin = { isTTY: true, [Symbol.asyncIterator]: () => expect.unreachable('it was read') };
  expect(await runDsc(['get', 'Reservation'], { stdin, stdout: output, stderr: output }, ownHost())).toBe(64);
  expect(written[0]).toBe('{"error":"protocol is required"}\n');
});

describe('a wrong command line', () => {
  test.each([
    [['get'], /^The arguments must be one of get <resource>, set <resource>, set <resource> --what-if, /],
    [['grab', 'Reservation'], /^The arguments must be one of /],
    [['get', 'Reservation', '--what-if'], /^The arguments must be one of /],
    [['get', 'Port'], 'There is no resource port; there are Reservation, ReservationList and Exclusion.'],
    [['delete', 'ReservationList'], 'This resource has no delete.'],
    [['delete', 'ReservationList', '--what-if'], 'This resource has no delete.'],
    [['export', 'Reservation'], 'reservations is not a known parameter'],
  ])('%j is refused', async (args, message) => {
    const { module: directory } = installModule(onTestFinished);
    const command = { executable: 'node', args: ['./worker/dsc.cjs', ...args] };
    const env = ownMachine(onTestFinished);
    const outcome = await runCommand(command, '{"reservations":[]}', { directory, env }).catch((error) => error);
    expect(outcome.exitCode).toBe(64);
    expect(errors(outcome)).toEqual([expect.stringMatching(message)]);
  });
});

describe('a bad environment', () => {
  test.each([
    ['PORT_RESERVATION_PROVIDER', 'carrier', /^NotSupported: PORT_RESERVATION_PROVIDER is "carrier"\. Set it to auto,/],
    ['PORT_RESERVATION_HOME', 'here', /^NotSupported: PORT_RESERVATION_HOME is "here", which is a relative path\. /],
  ])('in %s fails with what to do', async (name, value, message) => {
    const outcome = await failure('get', valid, { ...ownMachine(onTestFinished), [name]: value });
    expect(outcome.exitCode).toBe(106);
    expect(errors(outcome)).toEqual([expect.stringMatching(message)]);
  });
});

describe('traces', () => {
  test.each([
    ['ERROR', []],
    ['debug', ['debug: get reservation, by the ledger provider']],
  ])('are told as DSC_TRACE_LEVEL=%s asks', async (level, messages) => {
    const { module: directory } = installModule(onTestFinished);
    const env = { ...ownMachine(onTestFinished), DSC_TRACE_LEVEL: level };
    const command = { executable: 'node', args: ['./worker/dsc.cjs', 'get', 'Reservation'] };
    const { traces } = await runCommand(command, valid, { directory, env });
    expect(traces.map((trace) => `${trace.level}: ${trace.message}`)).toEqual(messages);
  });
});
