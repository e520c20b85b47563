import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { CancellationToken } from 'vscode-jsonrpc';
import type { Methods } from '../../../../src/protocol/generated/contract.ts';
import { Caller } from '../../../lab/caller.ts';
import type { LabProcess } from '../../../lab/driver.ts';
import { freeBlock } from '../../../lab/ports.ts';
import { workerFile } from '../../../support/worker.ts';
import type { Ability, Windows, WindowsMachine } from '../../../windows/support/windows.ts';
import { WindowsWorker } from '../../../windows/support/worker.ts';
import { GatedMachine } from './gated-machine.ts';

/** What a Linux whose kernel enforces reservations has of a Windows: what the suites say of reservations with tokens. */
export class GateAsWindows implements Windows {
  readonly abilities: ReadonlySet<Ability> = new Set<Ability>(['elevated']);
  readonly isOther = true;
  readonly #caller: () => Promise<string>;
  #machine: GatedMachine | undefined;

  /** @param caller the file of a program that is another one on the same machine */
  constructor(caller: () => Promise<string>) {
    this.#caller = caller;
  }

  said(): object {
    return {};
  }

  async open(): Promise<void> {
    this.#machine = await GatedMachine.open();
  }

  async close(): Promise<void> {
    await this.#machine?.close();
  }

  async machine(): Promise<WindowsMachine> {
    const at = this.#machine!;
    await at.reset();
    return {
      folder: at.folder,
      path: (...parts) => join(at.folder, ...parts),
      home: () => 'home',
      ledgerFile: () => join(at.folder, 'home', 'ledger.json'),
      block: freeBlock,
      worker: async () => new GateWorker(labProcess(at.start([process.execPath, workerFile, '--stdio']))),
      caller: async () => new Caller(labProcess(at.start([process.execPath, await this.#caller()]))),
      dsc: notHere,
      script: notHere,
      reboot: notHere,
      close: () => at.reset(),
    };
  }
}

const notHere = (): Promise<never> => Promise.reject(new Error('these suites do without it'));

/** Asks as the suites do of a Windows, whose kernel needs not be asked for, and answers in its words. */
class GateWorker extends WindowsWorker {
  override async request<M extends keyof Methods>(
    method: M,
    params: Methods[M]['params'],
    token?: CancellationToken,
  ): Promise<Methods[M]['result']> {
    const result = await super.request(method, asked(method, params) as Methods[M]['params'], token);
    // How a record compares with the system is told where the record is not the system's own.
    return JSON.parse(JSON.stringify(result), (key, value: unknown) => {
      if (key === 'state') return undefined;
      return key === 'provider' && value === 'linux' ? 'windows' : value;
    });
  }
}

function asked(method: string, params: object): object {
  const kernel = { enforcement: 'kernel' };
  if (method === 'reservation/create') return { ...kernel, ...params };
  if (method !== 'desiredState/apply' || !('text' in params)) return params;
  const document = JSON.parse(params.text as string) as { reservations: object[] };
  const reservations = document.reservations.map((entry) => ({ ...entry, ...kernel }));
  return { ...params, text: JSON.stringify({ ...document, reservations }) };
}

function labProcess(child: ChildProcess): LabProcess {
  let [stdout, stderr] = ['', ''];
  child.stdout!.on('data', (text) => (stdout += text));
  child.stderr!.on('data', (text) => (stderr += text));
  const pid = child.pid!;
  const ended = once(child, 'close').then(([code]) => ({ pid, code, stdout, stderr }));
  return {
    pid,
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    stderr: child.stderr as Readable,
    ended,
    kill: () => {
      child.kill('SIGKILL');
      return ended;
    },
  };
}
