// Which port can this project's dev server have?
//
// Dev Server: Reserve Port       reserves one for the project, the same each time if it is free, and gives new terminals
//                                $PORT; when a port of your choice cannot be had, says why and what to do
// Dev Server: Start on Its Port  lets go of the port and starts the server on it, in a terminal; takes it back after
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type Reservation, ServiceError, startWorker, type WorkerClient, WorkerError } from 'portreservation';
import * as vscode from 'vscode';

let worker: WorkerClient | undefined;
let reservation: Reservation | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const register = (name: string, work: () => Promise<unknown>) =>
    context.subscriptions.push(vscode.commands.registerCommand(name, () => work().catch(showError)));
  register('devServerPort.reserve', () => reserve(context));
  register('devServerPort.start', () => start(context));
}

/** Frees the port. */
export async function deactivate(): Promise<void> {
  await worker?.close();
}

async function theWorker(): Promise<WorkerClient> {
  // The program that extensions run in is Electron; this makes it the Node that it contains.
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  worker ??= await startWorker({ env, clientInfo: { name: 'dev-server-port' } });
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
  const reason = `dev server of ${folder}`;
  const created = await client.request('reservation/create', { protocol: 'tcp', startPort, name, reason });
  if (reservation) await client.request('reservation/release', { token: reservation.token });
  reservation = created;
  context.environmentVariableCollection.replace('PORT', String(created.range.startPort));
  show(created);
}

function show({ name, range }: Reservation): void {
  vscode.window.showInformationMessage(`The dev server of ${name} can have port ${range.startPort}, now $PORT.`);
}

async function explain(port: number, error: unknown): Promise<void> {
  if (!(error instanceof ServiceError)) throw error;
  const client = await theWorker();
  const asked = { protocol: ['tcp' as const], port: [{ startPort: port, numberOfPorts: 1 }] };
  const status = (await client.request('port/inspect', asked)).ports[0]!;
  if (status.canBind) throw error;
  const text = `Port ${port} cannot be had. ${status.explanation}`;
  const remedies = status.remedy ? [`Copy "${status.remedy}"`] : [];
  const chosen = await vscode.window.showWarningMessage(text, ...remedies);
  if (chosen && status.remedy) await vscode.env.clipboard.writeText(status.remedy);
}

async function start(context: vscode.ExtensionContext): Promise<void> {
  if (!reservation) throw new Error('Reserve a port first.');
  const command = await vscode.window.showInputBox({ prompt: 'The command', value: 'npm run dev' });
  if (!command) return;
  const { token, range } = reservation;
  await (await theWorker()).request('reservation/release', { token });
  reservation = undefined;
  const terminal = vscode.window.createTerminal({ name: 'Dev server', env: { PORT: String(range.startPort) } });
  const closed = vscode.window.onDidCloseTerminal((other) => {
    if (other !== terminal) return;
    closed.dispose();
    take(context, range.startPort).catch(showError);
  });
  terminal.sendText(command);
  terminal.show();
}

function showError(error: Error): void {
  // What it held is free; the next command starts another.
  if (error instanceof WorkerError) worker = reservation = undefined;
  const hint = error instanceof ServiceError && error.facts.hint ? ` ${error.facts.hint}` : '';
  vscode.window.showErrorMessage(`${error.message}${hint}`);
}
