import * as vscode from 'vscode';
import type { Given } from '../../../src/mcp/given.ts';
import type { Worker } from './worker.ts';

/** What a window keeps reserved, and reserves again when it is opened. */
interface Wanted {
  folder: string;
  label: string;
  numberOfPorts: number;
}

const stateKey = 'wanted';
const keyOf = ({ folder, label }: Pick<Wanted, 'folder' | 'label'>) => `${folder}\0${label}`;

/** The label whose ports are in PORT and in the status bar. */
export const mainLabel = (folder: vscode.WorkspaceFolder): string =>
  vscode.workspace.getConfiguration('portreservation', folder).get('label', 'web');

/** `API_PORT` of the label api. */
const variableOf = (label: string) => `${label.toUpperCase().replaceAll('-', '_')}_PORT`;

/** The folders that have ports: they are local, or where the extension runs. */
const localFolders = (): vscode.WorkspaceFolder[] =>
  (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');

/** The ports of the window's folders, and the variables by which new terminals are told of them. */
export class Folders {
  readonly #context: vscode.ExtensionContext;
  readonly #worker: Worker;
  readonly #given = new Map<string, Given>();

  constructor(context: vscode.ExtensionContext, worker: Worker) {
    this.#context = context;
    this.#worker = worker;
    context.environmentVariableCollection.persistent = false;
  }

  /** The folder of the open file, or the only one; asks where that says nothing. */
  async choose(): Promise<vscode.WorkspaceFolder | undefined> {
    return this.current() ?? (await vscode.window.showWorkspaceFolderPick({ placeHolder: 'Ports of which folder?' }));
  }

  /** The same without asking. */
  current(): vscode.WorkspaceFolder | undefined {
    const folders = localFolders();
    const uri = vscode.window.activeTextEditor?.document.uri;
    const ofFile = uri && vscode.workspace.getWorkspaceFolder(uri);
    if (ofFile && folders.includes(ofFile)) return ofFile;
    return folders.length === 1 ? folders[0] : undefined;
  }

  /** What the folder has now. */
  of(folder: vscode.WorkspaceFolder, label: string): Given | undefined {
    return this.#given.get(keyOf({ folder: folder.uri.fsPath, label }));
  }

  /** Gives the folder its ports. */
  async reserve(folder: vscode.WorkspaceFolder, label: string, numberOfPorts?: number): Promise<Given> {
    const path = folder.uri.fsPath;
    const wanted = this.#wanted().find((one) => keyOf(one) === keyOf({ folder: path, label }));
    const count = numberOfPorts ?? wanted?.numberOfPorts ?? 1;
    const asked = { folder: path, label, numberOfPorts: count };
    const given = await this.#worker.use(({ folders }) => folders.reserve(asked));
    this.#given.set(keyOf(asked), given);
    await this.#remember([...this.#wanted().filter((one) => keyOf(one) !== keyOf(asked)), asked]);
    this.#tellTerminals(folder);
    return given;
  }

  /** Takes them back; the ports. */
  async release(folder: vscode.WorkspaceFolder): Promise<number[]> {
    const path = folder.uri.fsPath;
    const released: number[] = [];
    for (const { label } of this.#wanted().filter((one) => one.folder === path)) {
      released.push(...(await this.#worker.use(({ folders }) => folders.release({ folder: path, label }))));
      this.#given.delete(keyOf({ folder: path, label }));
    }
    await this.#remember(this.#wanted().filter((one) => one.folder !== path));
    this.#tellTerminals(folder);
    return released;
  }

  /** Reserves what the window had when it was closed, or when its worker died. */
  async restore(): Promise<void> {
    this.#given.clear();
    for (const { folder, label, numberOfPorts } of this.#wanted()) {
      const open = localFolders().find(({ uri }) => uri.fsPath === folder);
      if (open) await this.reserve(open, label, numberOfPorts);
    }
  }

  #wanted(): Wanted[] {
    return this.#context.workspaceState.get<Wanted[]>(stateKey, []);
  }

  async #remember(wanted: Wanted[]): Promise<void> {
    await this.#context.workspaceState.update(stateKey, wanted);
  }

  #tellTerminals(folder: vscode.WorkspaceFolder): void {
    const variables = this.#context.environmentVariableCollection.getScoped({ workspaceFolder: folder });
    variables.clear();
    variables.description = 'The ports that are reserved for this folder';
    for (const { label, folder: path } of this.#wanted().filter((one) => one.folder === folder.uri.fsPath)) {
      const given = this.#given.get(keyOf({ folder: path, label }));
      if (!given) continue;
      variables.replace(variableOf(label), given.env.PORT!);
      if (label !== mainLabel(folder)) continue;
      for (const [name, value] of Object.entries(given.env)) variables.replace(name, value);
    }
  }
}
