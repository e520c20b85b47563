import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FoundResource, Manifest, Operation } from './manifest.ts';
import { runCommand, type Surroundings, type Trace } from './run-command.ts';

export type Instance = Record<string, unknown>;

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

/** What the DSC engine does with a command resource: the commands in its order, with its checks of what they say. */
export class Engine {
  /** The operations whose commands were run. */
  calls: Operation[] = [];
  /** What the commands told beside their results. */
  traces: Trace[] = [];
  readonly #manifest: Manifest;
  readonly #surroundings: Surroundings;
  readonly #isInstance;

  constructor({ manifest, directory }: FoundResource, surroundings: Omit<Surroundings, 'directory'>) {
    this.#manifest = manifest;
    this.#surroundings = { ...surroundings, directory };
    // Compiling fails where the schema refers to anything that is not in it.
    this.#isInstance = addFormats.default(new Ajv2020()).compile(manifest.schema.embedded);
  }

  /** `dsc resource get` */
  async get(desired: Instance): Promise<Instance> {
    this.#verify(desired);
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
    if (this.#manifest.whatIf) return this.#set('whatIf', desired);
    if (this.#manifest.set?.implementsPretest) throw new Error('no what-if without a command for it');
    const { actualState, differingProperties } = await this.test(desired);
    return { beforeState: actualState, afterState: desired, changedProperties: differingProperties };
  }

  /** `dsc resource delete` */
  async delete(desired: Instance): Promise<void> {
    this.#verify(desired);
    await this.#run('delete', desired);
  }

  /** `dsc resource export`, with an instance as the filter where there is one. */
  async export(filter?: Instance): Promise<Instance[]> {
    if (filter) this.#verify(filter);
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
    const command = this.#manifest[operation]!;
    if (!command.implementsPretest) {
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
    const command = this.#manifest[operation];
    if (!command) throw new Error(`the manifest has no ${operation}`);
    this.calls.push(operation);
    const { stdout, traces } = await runCommand(command, input && JSON.stringify(input), this.#surroundings);
    this.traces.push(...traces);
    return stdout;
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
    if (this.#isInstance(instance)) return;
    const { instancePath, message } = this.#isInstance.errors![0]!;
    throw new Error(`${JSON.stringify(instance)} breaks the schema: ${instancePath} ${message}`);
  }
}
