import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FoundResource, Manifest, Operation, OperationCommand, Release } from './manifest.ts';
import { runCommand, type Surroundings, type Trace } from './run-command.ts';

export type Instance = Record<string, unknown>;

/** What the engine refuses by itself, before it runs anything. */
export class BreaksSchema extends Error {}

export interface TestResult {
  actualState: Instance;
  inDesiredState: boolean;
  differingProperties: string[];
}

export interface SetResult {
  beforeState: Instance;
  afterState: Instance;
  changedProperties: string[] | undefined;
}

/** A command that the engine ran, behind the program: the words and what stood on stdin. */
export interface Call {
  words: string[];
  input: string;
}

/**
 * What the DSC engine does with a command resource: the commands in its order, with its checks of what they say. The recordings
 * of three releases hold it to that (`recordings.test.ts`).
 */
export class Engine {
  /** The operations whose commands were run. */
  calls: Operation[] = [];
  /** The same as command lines. */
  commands: Call[] = [];
  /** What the commands told beside their results. */
  traces: Trace[] = [];
  readonly #manifest: Manifest;
  readonly #surroundings: Surroundings;
  readonly #release: Release;
  readonly #isInstance;
  readonly #isFilter;

  constructor(
    { manifest, directory }: FoundResource,
    surroundings: Omit<Surroundings, 'directory'>,
    release: Release = '3.3',
  ) {
    this.#manifest = manifest;
    this.#surroundings = { ...surroundings, directory };
    this.#release = release;
    // Compiling fails where the schema refers to anything that is not in it.
    this.#isInstance = addFormats.default(new Ajv2020()).compile(manifest.schema.embedded);
    const filter = release === '3.3' ? manifest.export?.schema?.embedded : undefined;
    this.#isFilter = filter ? new Ajv2020().compile(filter) : this.#isInstance;
  }

  /** The exit codes in words, as far as the manifest has them. */
  get exitCodes(): Record<string, string> {
    return this.#manifest.exitCodes;
  }

  /** `dsc resource get`, also without input. */
  async get(desired?: Instance): Promise<Instance> {
    if (desired) this.#verify(desired);
    return this.#instance(await this.#run('get', desired));
  }

  /** `dsc resource test` */
  async test(desired: Instance): Promise<TestResult> {
    this.#verify(desired);
    const { actual, differences } = this.#stateAndDiff(await this.#run('test', desired));
    return {
      actualState: actual,
      inDesiredState: (actual._inDesiredState as boolean | undefined) ?? differences.length === 0,
      differingProperties: differences,
    };
  }

  /** `dsc resource set` */
  set(desired: Instance): Promise<SetResult> {
    return this.#set('set', desired);
  }

  /** `dsc resource set --what-if`, also where there is no such command: test says what would change then. */
  async whatIf(desired: Instance): Promise<SetResult> {
    if (this.#manifest.whatIf ?? knowsWhatIf(this.#manifest.set)) return this.#set('whatIf', desired);
    if (this.#manifest.set?.implementsPretest) throw new Error('no what-if without a command for it');
    const { actualState, differingProperties } = await this.test(desired);
    return { beforeState: actualState, afterState: desired, changedProperties: differingProperties };
  }

  /** `dsc resource delete` */
  async delete(desired: Instance): Promise<void> {
    this.#verify(desired);
    await this.#run('delete', desired);
  }

  /** `dsc resource delete --what-if`: what would be done, or nothing where the command cannot say it. */
  async deleteWhatIf(desired: Instance): Promise<string[] | undefined> {
    if (this.#release === '3.1') throw new Error("unexpected argument '--what-if' found");
    this.#verify(desired);
    if (!knowsWhatIf(this.#manifest.delete)) {
      await this.test(desired);
      return undefined;
    }
    const { _metadata, ...rest } = JSON.parse(await this.#run('deleteWhatIf', desired));
    if (Object.keys(rest).length > 0) throw new Error(`unknown field ${Object.keys(rest)}`);
    return _metadata.whatIf;
  }

  /** `dsc resource export`, limited by a filter where there is one. */
  async export(filter?: Instance): Promise<Instance[]> {
    if (filter) check(this.#isFilter, filter);
    if (!this.#manifest.export) throw new Error('Export is not supported');
    const lines = (await this.#run('export', filter)).split('\n').slice(0, -1);
    return lines.map((line) => this.#instance(line));
  }

  /** `dsc config set`, for one instance. */
  async configure(desired: Instance): Promise<SetResult> {
    if (desired._exist !== false || this.#manifest.set?.handlesExist) return this.set(desired);
    const beforeState = await this.get(desired);
    await this.delete(desired);
    const afterState = await this.get(desired);
    return { beforeState, afterState, changedProperties: undefined };
  }

  async #set(operation: 'set' | 'whatIf', desired: Instance): Promise<SetResult> {
    this.#verify(desired);
    if (!this.#commandOf(operation).implementsPretest) {
      const { inDesiredState, actualState } = await this.test(desired);
      if (inDesiredState && operation === 'set') {
        return { beforeState: desired, afterState: actualState, changedProperties: undefined };
      }
    }
    const beforeState = this.#instance(await this.#run('get', desired));
    const { actual, differences } = this.#stateAndDiff(await this.#run(operation, desired));
    return { beforeState, afterState: actual, changedProperties: differences };
  }

  async #run(operation: Operation, input: Instance | undefined): Promise<string> {
    const { executable, args } = this.#commandOf(operation);
    const isWhatIf = operation === 'whatIf' || operation === 'deleteWhatIf';
    const words = args.flatMap((word) => (typeof word === 'string' ? word : isWhatIf ? word.whatIfArg : []));
    this.calls.push(operation);
    this.commands.push({ words: words.slice(1), input: input ? JSON.stringify(input) : '' });
    const text = input && JSON.stringify(input);
    const { stdout, traces } = await runCommand({ executable, args: words }, text, this.#surroundings);
    this.traces.push(...traces);
    return stdout;
  }

  #commandOf(operation: Operation): OperationCommand {
    const { whatIf, set, delete: deletion } = this.#manifest;
    const command =
      operation === 'deleteWhatIf' ? deletion : operation === 'whatIf' ? (whatIf ?? set) : this.#manifest[operation];
    if (!command) throw new Error(`the manifest has no ${operation}`);
    return command;
  }

  #stateAndDiff(stdout: string): { actual: Instance; differences: string[] } {
    const [state, differences] = stdout.split('\n');
    if (!state || !differences) throw new Error(`not a line of state and one of differences: ${stdout}`);
    return { actual: this.#instance(state), differences: JSON.parse(differences) };
  }

  #instance(text: string): Instance {
    const instance = JSON.parse(text);
    this.#verify(instance);
    return instance;
  }

  #verify(instance: unknown): void {
    check(this.#isInstance, instance);
  }
}

function check(isValid: ValidateFunction, value: unknown): void {
  if (isValid(value)) return;
  const { instancePath, message } = isValid.errors![0]!;
  throw new BreaksSchema(`${JSON.stringify(value)} breaks the schema: ${instancePath} ${message}`);
}

const knowsWhatIf = (command: OperationCommand | undefined): boolean =>
  command?.args.some((word) => typeof word !== 'string') ?? false;
