import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Caller } from '../../lab/caller.ts';
import { windowsPath } from '../../lab/lab.ts';
import { freeBlock } from '../../lab/ports.ts';
import type { LabOptions, Machine, Program } from '../../lab/run.ts';
import type { Product } from './product.ts';
import { openProductLab, type ProductLab } from './product-lab.ts';
import { type Ability, type StartOptions, saidByWindows, type Windows, type WindowsMachine } from './windows.ts';
import { type WindowsProcess, WindowsWorker } from './worker.ts';

/** The Windows lab as a place to run the suites in, with one version of Node. Open it before the tests. */
export class LabWindows implements Windows {
  readonly abilities: ReadonlySet<Ability> = new Set<Ability>([
    'elevated',
    'ordinary',
    'both rights',
    'others',
    'reboot',
    'simulation',
  ]);
  readonly said = saidByWindows;
  readonly #runtime: 'node20' | 'node22';
  readonly #options: LabOptions | undefined;
  #opened: ProductLab | undefined;

  constructor(runtime: 'node20' | 'node22', options?: LabOptions) {
    this.#runtime = runtime;
    this.#options = options;
  }

  async open(): Promise<void> {
    this.#opened = await openProductLab(this.#options);
  }

  async close(): Promise<void> {
    await this.#opened?.close();
  }

  async machine(): Promise<LabMachine> {
    const { lab, product } = this.#opened!;
    return new LabMachine(lab.machine(), this.#runtime, product);
  }
}

class LabMachine implements WindowsMachine {
  readonly folder: string;
  readonly #machine: Machine;
  readonly #runtime: 'node20' | 'node22';
  readonly #product: Product;
  readonly #running = new Set<{ kill(): Promise<unknown> }>();

  constructor(machine: Machine, runtime: 'node20' | 'node22', product: Product) {
    this.#machine = machine;
    this.#runtime = runtime;
    this.#product = product;
    this.folder = machine.folder;
    for (const home of ['ProgramData', 'LocalAppData']) mkdirSync(join(this.folder, home));
  }

  path(...parts: string[]): string {
    return windowsPath(join(this.folder, ...parts));
  }

  home(elevated = false): string {
    return join(elevated ? 'ProgramData' : 'LocalAppData', 'PortReservation');
  }

  ledgerFile(elevated?: boolean): string {
    return join(this.folder, this.home(elevated), 'ledger.json');
  }

  block = freeBlock;

  async worker(options: StartOptions = {}): Promise<WindowsWorker> {
    return new WindowsWorker(await this.#start({ file: this.#product.worker, args: ['--stdio'] }, options));
  }

  async caller({ elevated, faults, kernel }: StartOptions = {}): Promise<Caller> {
    return this.#track(await this.#machine.caller({ elevated, faults, kernel, runtime: this.#runtime }));
  }

  dsc(args: string[], options: StartOptions = {}): Promise<WindowsProcess> {
    return this.#start({ file: this.#product.dsc, args }, options);
  }

  script(code: string, options: StartOptions = {}): Promise<WindowsProcess> {
    const library = `file:///Z:${pathToFileURL(this.#product.library).pathname}`;
    return this.#start({ code, args: [library] }, options);
  }

  reboot(): Promise<void> {
    return this.#machine.reboot();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((process) => process.kill()));
  }

  async #start(program: Pick<Program, 'file' | 'code' | 'args'>, { env, ...options }: StartOptions) {
    const homes = { ProgramData: this.path('ProgramData'), LOCALAPPDATA: this.path('LocalAppData') };
    const all = { ...program, ...options, runtime: this.#runtime, env: { ...homes, ...env } };
    return this.#track(await this.#machine.start(all));
  }

  #track<T extends { kill(): Promise<unknown> }>(process: T): T {
    this.#running.add(process);
    return process;
  }
}
