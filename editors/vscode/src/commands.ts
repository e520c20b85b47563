import * as vscode from 'vscode';
import { commandFor } from '../../../src/cli/words.ts';
import { folderAt } from '../../../src/mcp/folder.ts';
import { who } from '../../../src/mcp/given.ts';
import { decisive, type Holder, holderIn } from '../../../src/mcp/whose.ts';
import type { PortStatus, Protocol } from '../../../src/protocol/generated/contract.ts';
import { formatRange } from '../../../src/protocol/ranges.ts';
import { type Folders, mainLabel } from './folders.ts';
import type { ReservationItem } from './tree.ts';
import type { Worker } from './worker.ts';

const labelPattern = /^[a-zA-Z0-9_-]{1,30}$/;

const numberBetween = (least: number, most: number) => (text: string) =>
  /^\d{1,5}$/.test(text) && Number(text) >= least && Number(text) <= most
    ? undefined
    : `A number from ${least} to ${most}`;

/** Asks for what, and how many, and reserves them. */
export async function reserve(folders: Folders): Promise<void> {
  const folder = await folders.choose();
  if (!folder) return;
  const label = await vscode.window.showInputBox({
    title: `Ports for ${folder.name} (1/2)`,
    prompt: 'What for? The folder keeps ports of its own for each purpose.',
    value: mainLabel(folder),
    validateInput: (text) => (labelPattern.test(text) ? undefined : '1 to 30 letters, digits, - or _'),
  });
  if (label === undefined) return;
  const count = await vscode.window.showInputBox({
    title: `Ports for ${folder.name} (2/2)`,
    prompt: 'How many consecutive ports?',
    value: '1',
    validateInput: numberBetween(1, 100),
  });
  if (count === undefined) return;
  const given = await folders.reserve(folder, label, Number(count));
  const { servers = [] } = given;
  const said = {
    reserved: `${folder.name} has ${portsOf(given.ports)} for ${label}. New terminals are told by PORT.`,
    sharedWithOtherSession: `${folder.name} has ${portsOf(given.ports)} for ${label}; another session holds them.`,
    alreadyServing: `${folder.name} has ${portsOf(given.ports)} for ${label}, and ${servers.map(who).join(', ')} serves there.`,
  };
  vscode.window.showInformationMessage(said[given.state]);
}

const portsOf = (ports: readonly number[]) =>
  ports.length === 1 ? `port ${ports[0]}` : `ports ${ports[0]}-${ports.at(-1)}`;

/** Frees the folder's ports. */
export async function release(folders: Folders): Promise<void> {
  const folder = await folders.choose();
  if (!folder) return;
  const released = await folders.release(folder);
  const said = released.length > 0 ? `Freed ${released.join(', ')}.` : `This window holds no ports for ${folder.name}.`;
  vscode.window.showInformationMessage(said);
}

const asked = /^\s*(?:(tcp|udp)[ /:]*)?(\d{1,5})\s*$/i;

/** Says of a port who has it or why it is refused. What would end a process is offered for this folder's own alone. */
export async function explain(folders: Folders, worker: Worker): Promise<void> {
  const words = await vscode.window.showInputBox({
    prompt: 'Which port? 5173, or udp 5353',
    validateInput: (text) => {
      const port = Number(asked.exec(text)?.[2]);
      return port >= 1 && port <= 65535 ? undefined : 'A number from 1 to 65535, after tcp or udp';
    },
  });
  const [, protocol = 'tcp', port] = asked.exec(words ?? '') ?? [];
  if (port === undefined) return;
  const params = {
    protocol: [protocol.toLowerCase() as Protocol],
    ranges: [{ startPort: Number(port), numberOfPorts: 1 }],
  };
  const { ports } = await worker.use(({ client }) => client.request('port/inspect', params));
  await show(ports[0]!, folders.current()?.uri.fsPath);
}

async function show(status: PortStatus, folder: string | undefined): Promise<void> {
  const real = folder === undefined ? undefined : folderAt(folder, '').path;
  const holders = decisive(status.holders).map((holder) => holderIn(real ?? '/', holder));
  const isYours = real !== undefined && holders.length > 0 && holders.every(({ whose }) => whose === 'yours');
  const title = `${status.protocol} ${status.port} ${status.canBind ? 'can be bound.' : 'cannot be bound.'}`;
  const text = [title, status.explanation, ...holders.map(placeOf)].join(' ');
  const map = 'Show the Map';
  if (status.canBind) {
    vscode.window.showInformationMessage(text);
    return;
  }
  const command = isYours && status.remedy ? commandFor(status.remedy) : undefined;
  const copy = command === undefined ? [] : [`Copy "${command}"`];
  const chosen = await vscode.window.showWarningMessage(text, ...copy, map);
  if (chosen === map) await vscode.commands.executeCommand('portreservation.showMap', status.protocol);
  else if (chosen) await vscode.env.clipboard.writeText(command!);
}

function placeOf({ processId, workingDirectory, whose }: Holder): string {
  if (processId === undefined) return '';
  if (workingDirectory === undefined) return `Where process ${processId} works cannot be seen.`;
  return `Process ${processId} works in ${workingDirectory}${whose === 'yours' ? ', this folder' : ''}.`;
}

/** Finds free blocks; the chosen one's first port is copied. */
export async function findFree(worker: Worker): Promise<void> {
  const count = await vscode.window.showInputBox({
    prompt: 'How many consecutive ports? Nothing is reserved.',
    value: '1',
    validateInput: numberBetween(1, 65535),
  });
  if (count === undefined) return;
  const params = { protocol: ['tcp' as const], numberOfPorts: Number(count), first: 10 };
  const { ranges } = await worker.use(({ client }) => client.request('port/find', params));
  const chosen = await vscode.window.showQuickPick(ranges.map(formatRange), {
    placeHolder: 'Free now. Choose one to copy its first port.',
  });
  if (chosen) await vscode.env.clipboard.writeText(chosen.split('-')[0]!);
}

/** What a task or a launch configuration asks for: the folder's port, reserved now if it is not. */
export async function port(
  folders: Folders,
  { label, index = 0 }: { label?: string; index?: number } = {},
): Promise<string | undefined> {
  const folder = await folders.choose();
  if (!folder) return undefined;
  const given = await folders.reserve(folder, label ?? mainLabel(folder));
  const chosen = given.ports[index];
  if (chosen === undefined) throw new Error(`The folder has no port ${index} for ${label ?? mainLabel(folder)}.`);
  return `${chosen}`;
}

/** Of a line of the tree. */
export const copyPort = async (item: ReservationItem): Promise<void> =>
  vscode.env.clipboard.writeText(`${item.reservation.range.startPort}`);
