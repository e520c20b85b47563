import { beforeEach, test } from 'vitest';
import type { Caller } from '../../lab/caller.ts';
import type { Faults } from '../../lab/run.ts';
import type { WindowsProcess, WindowsWorker } from './worker.ts';

/** What some tests need and not every Windows, or not every way of running the tests, has. */
export type Ability =
  /** Processes with an administrator's full rights. */
  | 'elevated'
  /** Processes without them. */
  | 'ordinary'
  /** Both at once: ledgers of the system and of a user side by side. */
  | 'both rights'
  /** Reservations that other programs made at the system itself are found there, and are this product's to use. */
  | 'others'
  /** A restart of the system in the middle of a test. */
  | 'reboot'
  /** The simulated kernel: faults on demand, a netsh that says what it is told, Wine without all this. */
  | 'simulation';

export interface StartOptions {
  /** Default: ordinary where that can be had. */
  elevated?: boolean;
  env?: Record<string, string>;
  /** What the simulated kernel answers instead of the truth. */
  faults?: Faults;
  /** False: Wine without the simulated kernel. */
  kernel?: boolean;
}

/** One Windows with nothing reserved by a test before; its processes share its reservations and ledgers. */
export interface WindowsMachine {
  /** A folder of the test's own; in it the ledgers' homes, ProgramData and LocalAppData. */
  readonly folder: string;
  /** A path in `folder` as Windows programs see it. */
  path(...parts: string[]): string;
  /** The folder with the ledger of elevated or of ordinary processes, in `folder`; default: as `worker` starts them. */
  home(elevated?: boolean): string;
  /** That ledger, as a path of this system. */
  ledgerFile(elevated?: boolean): string;
  /** The first port of a block of free ones that a forgotten byte swap would show in. */
  block(numberOfPorts: number): Promise<number>;
  worker(options?: StartOptions): Promise<WindowsWorker>;
  /** A process of another program, which calls the primitives itself. */
  caller(options?: StartOptions): Promise<Caller>;
  /** Starts the program of the DSC resources. */
  dsc(args: string[], options?: StartOptions): Promise<WindowsProcess>;
  /** Starts a script with the library as its first argument: a file URL to import. */
  script(code: string, options?: StartOptions): Promise<WindowsProcess>;
  reboot(): Promise<void>;
  /** Ends its processes and frees what they left. */
  close(): Promise<void>;
}

/** Where a suite runs. */
export interface Windows {
  readonly abilities: ReadonlySet<Ability>;
  /** Whether it is another system: what only Windows has is no test of it, and none that is skipped. */
  readonly isOther?: true;
  /** What a refusal says of this call of Windows; of another system, which has other calls, nothing. */
  said(osFunction: string | undefined, osCode: string): { osFunction?: string; osCode?: string };
  machine(): Promise<WindowsMachine>;
}

/** What a refusal says of a call of Windows. */
export const saidByWindows: Windows['said'] = (osFunction, osCode) => ({ ...(osFunction && { osFunction }), osCode });

/** `test` for one that needs these abilities: skipped, and saying so, where one is missing. */
export function testWith(windows: Windows, ...needs: Ability[]) {
  const missing = needs.filter((ability) => !windows.abilities.has(ability));
  if (missing.length === 0) return test;
  if (windows.isOther) return () => {};
  return (title: string, work: () => Promise<void>) =>
    test.skip(`${title} (skipped: needs ${missing.join(', ')})`, work);
}

/** A fresh machine for each test of the describe block this is called in. */
export function eachMachine(windows: Windows): () => WindowsMachine {
  let machine: WindowsMachine;
  beforeEach(async () => {
    machine = await windows.machine();
    return () => machine.close();
  });
  return () => machine;
}
