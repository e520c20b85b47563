import * as vscode from 'vscode';
import { folderAt } from '../../../src/mcp/folder.ts';
import { who } from '../../../src/mcp/given.ts';
import { type Holder, holderIn } from '../../../src/mcp/whose.ts';
import { type Folders, mainLabel } from './folders.ts';
import type { Worker } from './worker.ts';

const lookAgain = 5_000;

/** The port of the current folder's server, and who serves there. */
export class StatusBar implements vscode.Disposable {
  readonly #item = vscode.window.createStatusBarItem('portreservation.port', vscode.StatusBarAlignment.Left);
  readonly #folders: Folders;
  readonly #worker: Worker;
  readonly #parts: vscode.Disposable[];

  constructor(folders: Folders, worker: Worker) {
    this.#folders = folders;
    this.#worker = worker;
    this.#item.name = 'Port of this folder';
    const update = () => void this.update();
    // A server that starts or ends changes no reservation.
    const timer = setInterval(() => vscode.window.state.focused && update(), lookAgain);
    this.#parts = [
      this.#item,
      worker.onChanged(update),
      vscode.window.onDidChangeActiveTextEditor(update),
      vscode.window.onDidChangeWindowState(update),
      { dispose: () => clearInterval(timer) },
    ];
  }

  async update(): Promise<void> {
    const folder = this.#folders.current();
    if (!folder) return this.#item.hide();
    const label = mainLabel(folder);
    const given = this.#folders.of(folder, label);
    if (!given) {
      this.#show('$(plug) Reserve port', `No port is reserved for ${folder.name}`, 'portreservation.reserve');
      return;
    }
    const port = given.ports[0]!;
    const servers = await this.#serversOn(port, folder.uri.fsPath).catch(() => undefined);
    if (servers === undefined) return;
    // Another held them, or a server was there already: now they can be held here.
    if (servers.length === 0 && given.state !== 'reserved') {
      await this.#folders.reserve(folder, label).catch(() => {});
    }
    const strangers = servers.filter(({ whose }) => whose === 'otherFolder');
    const icon = strangers.length > 0 ? 'warning' : servers.length > 0 ? 'radio-tower' : 'plug';
    const name = strangers[0]?.processName;
    const text = `$(${icon}) ${port}${strangers.length > 0 ? ` ${name ?? 'taken'}` : ''}`;
    const about = servers.length > 0 ? `${servers.map(who).join(', ')} serves there` : 'nobody serves there yet';
    this.#show(text, `Port ${port} of ${folder.name} (${label}): ${about}`, 'portreservation.showMap');
  }

  #show(text: string, tooltip: string, command: string): void {
    Object.assign(this.#item, { text, tooltip, command });
    this.#item.show();
  }

  async #serversOn(port: number, folder: string): Promise<Holder[]> {
    const real = folderAt(folder, '').path;
    const params = { protocol: ['tcp' as const], ranges: [{ startPort: port, numberOfPorts: 1 }] };
    const { ports } = await this.#worker.use(({ client }) => client.request('port/inspect', params));
    const listening = ports[0]!.holders.filter(({ state }) => state === 'listening');
    return listening.map((holder) => holderIn(real, holder));
  }

  dispose(): void {
    for (const part of this.#parts) part.dispose();
  }
}
