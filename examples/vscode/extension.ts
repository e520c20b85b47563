// Which port can this project's dev server have?
//
// The command Dev Server: Reserve Port reserves one for the project, the same each time if it is free, and gives new terminals
// $PORT; when a port of your choice cannot be had, it says why and what to do. Start the server as always: the reservation
// yields to it, and is free when the window is closed.
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Reservation, ServiceError, startWorker, type WorkerClient, WorkerError } from 'portreservation';
import * as vscode from 'vscode';

let worker: Promise<WorkerClient> | undefined;
let reservation: Reservation | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const command = vscode.commands.registerCommand('devServerPort.reserve', () => reserve(context).catch(showError));
  context.subscriptions.push(command);
}

/** Frees the port. */
export async function deactivate(): Promise<void> {
  await (await worker)?.close();
}

function theWorker(): Promise<WorkerClient> {
  // The program that extensions run in is Electron; this makes it the Node that it contains.
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  worker ??= startWorker({ env, clientInfo: { name: 'dev-server-port' } }).catch((error) => {
    worker = undefined;
    throw error;
  });
  return worker;
}

const projectFolder = () => vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? process.cwd();

/** Any number between the well-known ports and those that systems hand out by themselves, always the same for a folder. */
const usualPort = (folder: string) => 10000 + (createHash('sha256').update(folder).digest().readUInt32BE() % 20000);

async function reserve(context: vscode.ExtensionContext): Promise<void> {
  const wanted = await vscode.window.showInputBox({
    prompt: "The dev server's port, or nothing for the project's usual one",
    validateInput: (text) => (/^\d*$/.test(text) ? undefined : 'A number from 1 to 65535'),
  });
  if (wanted === undefined) return;
  if (wanted) await take(context, Number(wanted)).catch((error) => explain(Number(wanted), error));
  else await take(context, usualPort(projectFolder())).catch(() => take(context));
}

async function take(context: vscode.ExtensionContext, startPort?: number): Promise<void> {
  const folder = projectFolder();
  const name = basename(folder).replace(/[*?[\]`\p{Cc}]/gu, '_');
  const client = await theWorker();
  if (reservation && (!startPort || startPort === reservation.range.startPort)) return show(reservation);
  const { reservations } = await client.request('reservation/create', {
    protocol: 'tcp',
    startPort,
    hold: 'yield',
    name,
    reason: `dev server of ${folder}`,
  });
  if (reservation) await client.request('reservation/release', { token: reservation.token });
  const created = reservations[0]!;
  reservation = created;
  context.environmentVariableCollection.persistent = false;
  context.environmentVariableCollection.replace('PORT', String(created.range.startPort));
  show(created);
}

function show({ name, range }: Reservation): void {
  vscode.window.showInformationMessage(`The dev server of ${name} can have port ${range.startPort}, now $PORT.`);
}

async function explain(port: number, error: unknown): Promise<void> {
  if (!(error instanceof ServiceError)) throw error;
  const client = await theWorker();
  const asked = { protocol: 'tcp' as const, ranges: [{ startPort: port, numberOfPorts: 1 }] };
  const status = (await client.request('port/inspect', asked)).ports[0]!;
  if (status.canBind) throw error;
  const text = `Port ${port} cannot be had. ${status.explanation}`;
  const { remedy } = status;
  const remedies = remedy ? [remedy.run ? `Copy "${remedy.run}"` : remedy.sentence] : [];
  const chosen = await vscode.window.showWarningMessage(text, ...remedies);
  if (chosen && remedy?.run) await vscode.env.clipboard.writeText(remedy.run);
}

function showError(error: Error): void {
  // What it held is free; the next command starts another.
  if (error instanceof WorkerError) worker = reservation = undefined;
  const hint = error instanceof ServiceError && error.facts.hint ? ` ${error.facts.hint}` : '';
  vscode.window.showErrorMessage(`${error.message}${hint}`);
}
