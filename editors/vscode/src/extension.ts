// Ports of its own for each folder, in Visual Studio Code: a window starts one worker and holds the ports of its folders.
import * as vscode from 'vscode';
import { InvalidParamsError, ServiceError } from '../../../src/protocol/errors.ts';
import type { Protocol } from '../../../src/protocol/generated/contract.ts';
import * as commands from './commands.ts';
import { Folders } from './folders.ts';
import { MapTab } from './map.ts';
import { StatusBar } from './status-bar.ts';
import { ReservationTree } from './tree.ts';
import { currentProgram, NotInstalled, Worker } from './worker.ts';

let worker: Worker | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const { version } = context.extension.packageJSON;
  worker = new Worker(version);
  const folders = new Folders(context, worker);
  const statusBar = new StatusBar(folders, worker);
  const map = new MapTab(worker);
  const register = (name: string, work: (argument: never) => Promise<unknown>) =>
    vscode.commands.registerCommand(`portreservation.${name}`, (argument) =>
      work(argument as never).then(
        async (result) => {
          await statusBar.update();
          return result;
        },
        (error) => showError(error),
      ),
    );
  const own = worker;
  let isRestoring = false;
  const restore = async () => {
    // One that dies while it is at it is not started for ever.
    if (isRestoring) return;
    isRestoring = true;
    await folders.restore().catch(showError);
    isRestoring = false;
    await statusBar.update();
  };
  const serversChanged = new vscode.EventEmitter<void>();
  const changeServers = () => serversChanged.fire();
  context.subscriptions.push(
    worker,
    worker.onLost(restore),
    serversChanged,
    vscode.workspace.onDidGrantWorkspaceTrust(changeServers),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (!change.affectsConfiguration('portreservation.program')) return;
      changeServers();
      void own.close().then(restore);
    }),
    statusBar,
    map,
    vscode.window.registerTreeDataProvider('portreservation.reservations', new ReservationTree(worker)),
    vscode.lm.registerMcpServerDefinitionProvider('portreservation.mcp', {
      onDidChangeMcpServerDefinitions: serversChanged.event,
      provideMcpServerDefinitions: () => servers(version),
    }),
    register('reserve', () => commands.reserve(folders)),
    register('release', () => commands.release(folders)),
    register('explain', () => commands.explain(folders, own)),
    register('findFree', () => commands.findFree(own)),
    register('showMap', (protocol: Protocol | undefined) => map.show(protocol === 'udp' ? 'udp' : 'tcp')),
    register('port', (options) => commands.port(folders, options)),
    register('copyPort', commands.copyPort),
  );
  void restore();
}

/** Frees the ports. */
export async function deactivate(): Promise<void> {
  await worker?.close();
}

/** The server for the editor's agents. */
function servers(version: string): vscode.McpStdioServerDefinition[] {
  const program = currentProgram();
  if (!program) return [];
  const [command, ...args] = program.words;
  return [new vscode.McpStdioServerDefinition('Port reservations', command, [...args, 'mcp'], program.env, version)];
}

async function showError(error: unknown): Promise<void> {
  const hint = error instanceof ServiceError && error.facts.hint ? ` ${error.facts.hint}` : '';
  const message = error instanceof Error ? error.message : `${error}`;
  const text = error instanceof InvalidParamsError ? `${message}.` : `${message}${hint}`;
  if (!(error instanceof NotInstalled)) return void vscode.window.showErrorMessage(text);
  const settings = 'Open Settings';
  if ((await vscode.window.showErrorMessage(text, settings)) !== settings) return;
  await vscode.commands.executeCommand('workbench.action.openSettings', 'portreservation.program');
}
