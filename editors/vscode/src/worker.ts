import * as vscode from 'vscode';
import { thisHost } from '../../../src/host.ts';
import { FolderPorts } from '../../../src/mcp/folder-ports.ts';
import { Pins } from '../../../src/mcp/pins.ts';
import type { PortDesk } from '../../../src/mcp/port-desk.ts';
import { startWorker, type WorkerClient } from '../../../src/rpc/client/client.ts';
import { WorkerError } from '../../../src/rpc/wire/worker-error.ts';
import { findProgram, type Program } from './program.ts';

/** A worker, and the ports of folders that it holds. */
export interface Open {
  client: WorkerClient;
  folders: FolderPorts;
}

/** PortReservation is not installed. */
export class NotInstalled extends Error {
  constructor() {
    super(
      'PortReservation is not found: neither the PowerShell module, nor the npm package portreservation in this folder or on PATH. Install one of them, or name the program in the settings.',
    );
  }
}

/** The program as it is set or found now. */
export function currentProgram(): Program | undefined {
  const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
  return findProgram({
    setting: vscode.workspace.getConfiguration('portreservation').get('program', ''),
    trustedFolders: folders.filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath),
    env: process.env,
  });
}

const deskOf = (client: WorkerClient): PortDesk => ({
  list: () => client.request('reservation/list', {}),
  reserve: async ({ protocols, ...block }, options) => {
    const params = { ...block, protocol: [...protocols], hold: 'yield' as const };
    return (await client.request('reservation/create', params, { signal: options.signal })).reservations;
  },
  release: async ({ protocol, range }) => void (await client.request('reservation/release', { protocol, range })),
  inspect: (protocols, ports, { signal }) =>
    client.request('port/inspect', { protocol: [...protocols], ranges: [...ports] }, { signal }),
  dynamicRange: async (protocol) => (await client.request('system/dynamicRange', { protocol })).dynamicRanges[0]!.range,
});

/** The worker of this window: started when it is needed, and anew when it has died. */
export class Worker implements vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #lost = new vscode.EventEmitter<void>();
  readonly #version: string;
  #open: Promise<Open> | undefined;

  /** Reservations were made or ended, by anybody. */
  readonly onChanged = this.#changed.event;
  /** It has died, and what it held is free. */
  readonly onLost = this.#lost.event;

  constructor(version: string) {
    this.#version = version;
  }

  /** @throws NotInstalled, WorkerError, ServiceError */
  async open(): Promise<Open> {
    this.#open ??= this.#start().catch((error) => {
      this.#open = undefined;
      throw error;
    });
    return this.#open;
  }

  /** Does the work, and lets a worker go that has died: the next call starts another. */
  async use<T>(work: (open: Open) => Promise<T>): Promise<T> {
    const opened = await this.open();
    const opening = this.#open;
    try {
      return await work(opened);
    } catch (error) {
      if (error instanceof WorkerError && this.#open === opening) {
        this.#open = undefined;
        this.#lost.fire();
      }
      throw error;
    }
  }

  async #start(): Promise<Open> {
    const program = currentProgram();
    if (!program) throw new NotInstalled();
    const client = await startWorker({
      command: [...program.words, 'serve', '--stdio'],
      env: { ...process.env, ...program.env },
      clientInfo: { name: 'vscode', version: this.#version },
      onReservationChanged: () => this.#changed.fire(),
    });
    return { client, folders: new FolderPorts(deskOf(client), new Pins(thisHost())) };
  }

  /** Frees what it holds. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    await (await open?.catch(() => undefined))?.client.close();
  }

  dispose(): void {
    this.#changed.dispose();
    this.#lost.dispose();
    void this.close();
  }
}
