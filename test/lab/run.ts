import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scriptEnvironment, scriptOptions } from '../../tools/powershell.mjs';
import { Caller, callerScript } from './caller.ts';
import { Driver, type LabProcess, type Result } from './driver.ts';
import { type LabPaths, labPaths, windowsPath } from './lab.ts';
import { prefixApart } from './prefix.ts';

/** What the simulated kernel answers instead of the true result: a code, always or for the first `times` calls. */
export type Faults = Record<string, number | { code: number; times: number }>;

export interface ProcessOptions {
  /** Default: not elevated, as most processes are. */
  elevated?: boolean;
  /** By name of the function, ioctl or `bind`; 127 for one of the six functions makes its export missing. */
  faults?: Faults;
  /** False: Wine as it is, without the simulated kernel. */
  kernel?: boolean;
  env?: Record<string, string>;
  /** A path of this system; default: the machine's folder. */
  cwd?: string;
}

export interface Program extends ProcessOptions {
  runtime: 'node20' | 'node22' | 'powershell';
  /** The script: a path of this system ... */
  file?: string;
  /** ... or its text. */
  code?: string;
  args?: string[];
}

export interface LabOptions {
  /** For a test that has a network of its own. */
  isApart?: boolean;
}

/** The lab of one test file: `const lab = await Lab.open()`, and `await lab.close()` when the tests are done. */
export class Lab {
  readonly paths: LabPaths;
  readonly driver: Driver;
  #folder: string;

  private constructor(paths: LabPaths, driver: Driver, folder: string) {
    this.paths = paths;
    this.driver = driver;
    this.#folder = folder;
  }

  static async open({ isApart = false }: LabOptions = {}): Promise<Lab> {
    const shared = labPaths();
    const folder = mkdtempSync(join(tmpdir(), 'port-reservation-lab-'));
    const paths = isApart ? { ...shared, prefix: prefixApart(shared.prefix, folder) } : shared;
    return new Lab(paths, await Driver.start(paths, folder), folder);
  }

  /** A simulated Windows with no reservations, of its own. */
  machine(): Machine {
    return new Machine(this, mkdtempSync(join(this.#folder, 'machine-')));
  }

  async close(): Promise<void> {
    await this.driver.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One simulated Windows: its processes share its reservations. */
export class Machine {
  /** For files of tests, such as PORT_RESERVATION_HOME; goes with the lab. */
  readonly folder: string;
  #lab: Lab;
  #boot = 1;
  #scripts = 0;
  #running = new Set<LabProcess>();

  constructor(lab: Lab, folder: string) {
    this.#lab = lab;
    this.folder = folder;
  }

  /** Starts a script and leaves it running. */
  async start(program: Program): Promise<LabProcess> {
    const { paths, driver } = this.#lab;
    const script = windowsPath(program.file ?? this.#save(program.code ?? '', program.runtime));
    const isPowerShell = program.runtime === 'powershell';
    const process = await driver.launch({
      program: paths[program.runtime],
      args: [...(isPowerShell ? [...scriptOptions, '-File'] : []), script, ...(program.args ?? [])],
      env: { ...(isPowerShell ? scriptEnvironment : {}), ...this.environment(program), ...program.env },
      cwd: program.cwd ?? this.folder,
      console: isPowerShell,
    });
    this.#running.add(process);
    const forget = () => this.#running.delete(process);
    process.ended.then(forget, forget);
    return process;
  }

  /** Runs a script to its end, with `input` as its standard input. */
  async run(program: Program, input = ''): Promise<Result> {
    const process = await this.start(program);
    process.stdin.end(input);
    return process.ended;
  }

  /** A process that makes single calls of the primitives when told. */
  async caller(options: ProcessOptions & { runtime?: 'node20' | 'node22' } = {}): Promise<Caller> {
    return new Caller(await this.start({ runtime: 'node22', ...options, file: callerScript }));
  }

  /** Ends all processes of this machine and starts it anew: other tokens, no runtime reservations. */
  async reboot(): Promise<void> {
    await Promise.all([...this.#running].map((process) => process.kill()));
    this.#boot++;
  }

  /** All that a process needs to be one of this machine's; its children inherit it. Product code knows of none of it. */
  environment({ elevated = false, faults = {}, kernel = true }: ProcessOptions): Record<string, string> {
    const { paths } = this.#lab;
    const koffi = { LAB_KOFFI: windowsPath(paths.koffi) };
    if (!kernel) return koffi;
    return {
      ...koffi,
      LAB_KERNEL: windowsPath(paths.kernel),
      LAB_STATE: windowsPath(join(this.folder, 'reservations.bin')),
      LAB_BOOT: String(this.#boot),
      LAB_ELEVATED: elevated ? '1' : '0',
      LAB_FAULTS: Object.entries(faults).map(faultText).join(' '),
      NODE_OPTIONS: `--require "Z:${paths.kernel}"`,
      DOTNET_STARTUP_HOOKS: windowsPath(paths.startupHook),
    };
  }

  #save(code: string, runtime: Program['runtime']): string {
    const path = join(this.folder, `script-${++this.#scripts}.${runtime === 'powershell' ? 'ps1' : 'mjs'}`);
    writeFileSync(path, code);
    return path;
  }
}

function faultText([name, fault]: [string, Faults[string]]): string {
  return typeof fault === 'number' ? `${name}=${fault}` : `${name}=${fault.code}*${fault.times}`;
}
