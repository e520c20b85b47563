import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import recordings from './fixtures/recordings.json' with { type: 'json' };
import { BreaksSchema, type Call, type Engine, type Instance } from './support/engine.ts';
import { engineOf, ownMachine } from './support/installed.ts';
import type { Release } from './support/manifest.ts';
import { CommandFailed } from './support/run-command.ts';

/** One command of an engine, with the calls that it made of us. */
interface Step {
  engine: string;
  command: string[];
  document: string | null;
  calls: { args: string[]; stdin: string; exit: number }[];
  exit: number;
  traces: string[];
}

interface Item {
  type: string;
  properties?: Instance;
}

const documents: Record<string, string> = recordings.documents;

/** What needs the engine's expressions or its groups is replayed call by call. */
const isOfEngineAlone = ({ document }: Step) => document === 'copy' || document === 'assert';

/** What the engine does otherwise since, because our manifests are others: the calls that the README of the recordings foresees. */
function callsNow({ command, calls, document }: Step, release: Release): Call[] | undefined {
  const [, operation, ...options] = command;
  const resource = command[command.indexOf('-r') + 1]?.split('/')[1] ?? '';
  const input = command.includes('-i') ? JSON.stringify(JSON.parse(command[command.indexOf('-i') + 1]!)) : '';
  if (operation === 'delete' && options.includes('--what-if') && release !== '3.1') {
    return [{ words: ['delete', resource, '--what-if'], input }];
  }
  if (operation === 'export' && resource === 'ReservationList') return [{ words: ['export', resource], input }];
  if (operation !== 'export' || release !== '3.3') return undefined;
  const ofDocument: Item[] = document === null ? [] : parse(documents[document]!).resources;
  const filters = ofDocument.map(({ properties }) => (properties ? JSON.stringify(properties) : ''));
  return calls.map(({ args }, index) => ({ words: args.slice(1), input: filters[index] ?? input }));
}

const recordedCalls = ({ calls }: Step): Call[] =>
  calls.map(({ args, stdin }) => ({ words: args.slice(1), input: stdin }));

/** The same text for the same value. */
const plain = (calls: readonly Call[]) =>
  calls.map(({ words, input }) => ({ words, input: input === '' ? '' : JSON.parse(input) }));

type Engines = (type: string) => Engine;

/** Does the step with the engines, and gives what keeps it from its end. */
async function carryOut({ command, document }: Step, engineFor: Engines): Promise<unknown> {
  const [kind, operation, ...options] = command;
  const whatIf = options.includes('--what-if');
  const items: Item[] =
    kind === 'config'
      ? parse(documents[document!]!).resources
      : [
          {
            type: options[options.indexOf('-r') + 1]!,
            ...(options.includes('-i') && { properties: JSON.parse(options[options.indexOf('-i') + 1]!) }),
          },
        ];
  try {
    for (const { type, properties } of items)
      await run(engineFor(type), `${operation}${whatIf ? '?' : ''}`, properties);
  } catch (error) {
    return error;
  }
}

function run(engine: Engine, operation: string, properties: Instance | undefined): Promise<unknown> {
  switch (operation) {
    case 'get':
      return engine.get(properties);
    case 'test':
      return engine.test(properties!);
    case 'set':
      return engine.configure(properties!);
    case 'set?':
      return engine.whatIf(properties!);
    case 'delete':
      return engine.delete(properties!);
    case 'delete?':
      return engine.deleteWhatIf(properties!);
    default:
      return engine.export(properties);
  }
}

const releases: [Release, string][] = [
  ['3.1', '3.1.3'],
  ['3.2', '3.2.3'],
  ['3.3', '3.3.0-rc.1'],
];

describe.skipIf(noNamespaces)(namespaceTitle('what three releases of the engine were seen to do'), () => {
  test.each(releases)(
    'is done by the one that the tests use for %s, and answered',
    async (release, version) => {
      const namespace = await openNamespace();
      const surroundings = { env: ownMachine(onTestFinished, 'auto'), prefix: namespace.prefix };
      const engines = engineOf(release, onTestFinished);
      const steps = (recordings.steps as Step[]).filter(({ engine }) => engine === version);
      expect(steps).toHaveLength(32);
      for (const step of steps) {
        // What the command line of the engine itself refuses reaches nobody.
        if (step.traces.some((trace) => trace.includes('unexpected argument'))) continue;
        const used: Engine[] = [];
        const started: Call[] = [];
        const failure = isOfEngineAlone(step)
          ? await replay(step, engines('PortReservation/Reservation', surroundings), started)
          : await carryOut(step, (type) => {
              const engine = engines(type, surroundings);
              used.push(engine);
              return engine;
            });
        const title = `${step.command.join(' ')} ${step.document ?? ''}`;
        const calls = [...started, ...used.flatMap(({ commands }) => commands)];
        expect({ title, calls: plain(calls), outcome: outcomeOf(failure, used.at(-1)) }).toEqual({
          title,
          calls: plain(callsNow(step, release) ?? recordedCalls(step)),
          outcome: outcomeRecorded(step),
        });
      }
    },
    300_000,
  );
});

/** The recorded calls one after the other. */
async function replay({ calls, exit }: Step, engine: Engine, started: Call[]): Promise<unknown> {
  if (calls.length === 0) return exit === 0 ? undefined : new BreaksSchema('by the engine itself');
  for (const { args, stdin } of calls) {
    const [verb] = args.slice(1);
    engine.commands = [];
    await run(engine, verb!, JSON.parse(stdin));
    started.push(engine.commands.at(-1)!);
  }
}

/** How the step ended: what its failure told, or nothing where all was well. */
function outcomeOf(failure: unknown, engine: Engine | undefined): string[] {
  if (failure instanceof BreaksSchema) return ['by the engine itself'];
  if (!(failure instanceof CommandFailed)) return [];
  const told = failure.traces.map(({ message }) => message);
  return [...told, failure.inWordsOf(engine!.exitCodes).replace(/: .*/, '')];
}

function outcomeRecorded({ command, exit, calls, traces }: Step): string[] {
  if (exit === 0 || command.includes('PortReservation/ReservationList')) return [];
  if (calls.length === 0) return ['by the engine itself'];
  return [...traces.flatMap((trace) => /^ERROR PID n: (.*)$/.exec(trace)?.[1] ?? []), 'Command'];
}
