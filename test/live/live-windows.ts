import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { holdsPort } from '../../src/protocol/ranges.ts';
import { parseExcludedPortRanges } from '../../src/providers/windows/excluded-port-ranges.ts';
import { Caller, callerScript } from '../lab/caller.ts';
import { freeBlock } from '../lab/ports.ts';
import { built } from '../windows/support/product.ts';
import {
  type Ability,
  type StartOptions,
  saidByWindows,
  type Windows,
  type WindowsMachine,
} from '../windows/support/windows.ts';
import { type WindowsProcess, WindowsWorker } from '../windows/support/worker.ts';

/** Whether this process has an administrator's full rights: its integrity level is high or the system's. */
function isElevated(): boolean {
  return /S-1-16-(12288|16384)\b/.test(execFileSync('whoami', ['/groups', '/fo', 'csv'], { encoding: 'latin1' }));
}

/** This very Windows, with the rights the tests are run with. */
export class LiveWindows implements Windows {
  readonly abilities: ReadonlySet<Ability>;
  readonly said = saidByWindows;
  readonly #elevated = isElevated();

  constructor() {
    this.abilities = new Set<Ability>([this.#elevated ? 'elevated' : 'ordinary', 'others']);
  }

  async machine(): Promise<LiveMachine> {
    return new LiveMachine(this.#elevated);
  }
}

export class LiveMachine implements WindowsMachine {
  readonly folder = mkdtempSync(join(tmpdir(), 'port-reservation-live-'));
  readonly #elevated: boolean;
  readonly #running = new Set<WindowsProcess>();
  readonly #blocks: { start: number; count: number }[] = [];
  #scripts = 0;

  constructor(elevated: boolean) {
    this.#elevated = elevated;
    for (const home of ['ProgramData', 'LocalAppData']) mkdirSync(join(this.folder, home));
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  home(elevated = this.#elevated): string {
    return join(elevated ? 'ProgramData' : 'LocalAppData', 'PortReservation');
  }

  ledgerFile(elevated?: boolean): string {
    return join(this.folder, this.home(elevated), 'ledger.json');
  }

  async block(numberOfPorts: number): Promise<number> {
    const start = await freeBlock(numberOfPorts);
    this.#blocks.push({ start, count: numberOfPorts });
    return start;
  }

  async worker({ env }: StartOptions = {}): Promise<WindowsWorker> {
    return new WindowsWorker(await this.#start([built.worker, '--stdio'], env));
  }

  async caller(): Promise<Caller> {
    return new Caller(await this.#start([callerScript]));
  }

  dsc(args: string[], { env }: StartOptions = {}): Promise<WindowsProcess> {
    return this.#start([built.dsc, ...args], env);
  }

  script(code: string, { env }: StartOptions = {}): Promise<WindowsProcess> {
    const file = this.path(`script-${++this.#scripts}.mjs`);
    writeFileSync(file, code);
    return this.#start([file, pathToFileURL(built.library).href], env);
  }

  reboot(): Promise<void> {
    throw new Error('This Windows is not restarted by a test.');
  }

  async close(): Promise<void> {
    await Promise.all([...this.#running].map((process) => process.kill()));
    if (this.#elevated) await this.#deletePersistent();
    if (this.#elevated) this.#deleteExclusions();
    await Promise.all([...this.#running].map((process) => process.kill()));
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Deletes every persistent reservation that may have been made in the blocks: Delete wants the exact range. */
  async #deletePersistent(): Promise<void> {
    const caller = await this.caller();
    const calls: Promise<unknown>[] = [];
    for (const { start, count } of this.#blocks)
      for (let first = start; first < start + count; first++)
        for (let size = 1; first + size <= start + count; size++)
          for (const protocol of ['tcp', 'udp']) calls.push(caller.call('delete', protocol, first, size));
    await Promise.all(calls);
  }

  /** Deletes every exclusion that begins in one of the blocks. */
  #deleteExclusions(): void {
    const netsh = (...args: string[]) =>
      spawnSync('C:\\Windows\\System32\\netsh.exe', ['interface', 'ipv4', ...args], { encoding: 'latin1' }).stdout;
    for (const protocol of ['tcp', 'udp'])
      for (const store of ['active', 'persistent'])
        for (const { range, administered } of parseExcludedPortRanges(
          netsh('show', 'excludedportrange', protocol, store),
        ) ?? []) {
          const isOurs = this.#blocks.some(({ start, count }) =>
            holdsPort({ startPort: start, numberOfPorts: count }, range.startPort),
          );
          if (!administered || !isOurs) continue;
          netsh('delete', 'excludedportrange', protocol, `${range.startPort}`, `${range.numberOfPorts}`, store);
        }
  }

  async #start(args: string[], env: Record<string, string> = {}): Promise<WindowsProcess> {
    const homes = { ProgramData: this.path('ProgramData'), LOCALAPPDATA: this.path('LocalAppData') };
    const LAB_KOFFI = join(built.worker, '..', 'koffi', `win32-${process.arch}`, 'koffi.node');
    const child = spawn(process.execPath, args, {
      cwd: this.folder,
      env: { ...process.env, ...homes, LAB_KOFFI, ...env },
    });
    const written = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const)
      child[name].on('data', (data: Buffer) => {
        written[name] += data.toString('utf8');
      });
    child.stdin.on('error', () => {}); // it may end before it has read everything
    const ended = new Promise<Awaited<WindowsProcess['ended']>>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ pid: child.pid ?? 0, code, ...written }));
    });
    ended.catch(() => {});
    const { pid = 0, stdin, stdout, stderr } = child;
    const kill = () => {
      child.kill();
      return ended;
    };
    const started: WindowsProcess = { pid, stdin, stdout, stderr, ended, kill };
    this.#running.add(started);
    return started;
  }
}
