// Uses examples/vscode as its user would, with the stand-in for the module vscode, and prints one JSON object with what was
// seen. The extension is in the folder EXTENSION.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';

const main = pathToFileURL(`${process.env.EXTENSION}/out/extension.js`);
const { activate, deactivate } = await import(main);
const vscode = await import(pathToFileURL(createRequire(main).resolve('vscode')));

/** Runs a command, and gives what is shown last. */
async function run(command, ...answers) {
  vscode.answers.push(...answers);
  await vscode.commands.executeCommand(command);
  return vscode.shown.at(-1);
}

async function canListen(port) {
  const server = createServer().listen(port);
  const isListening = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  server.close();
  return isListening;
}

async function until(condition) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 5));
}

activate(vscode.context);
const seen = {};
seen.tooEarly = await run('devServerPort.start');
seen.first = await run('devServerPort.reserve', '');
const port = Number(/port (\d+)/.exec(seen.first.text)[1]);
seen.port = port;
seen.again = await run('devServerPort.reserve', '');
seen.isHeld = !(await canListen(port));
seen.listed = JSON.parse(execFileSync(process.execPath, [process.env.LIST])).reservations;
seen.taken = await run('devServerPort.reserve', process.env.TAKEN);
seen.remedy = vscode.clipboard[0];
seen.wrong = await run('devServerPort.reserve', '70000');

const before = vscode.shown.length;
await run('devServerPort.start', process.env.SERVE);
const terminal = vscode.terminals[0];
await until(() => terminal.text.includes('\n'));
seen.server = terminal.text.trim();
terminal.shell.kill();
await until(() => vscode.shown.length > before);
seen.after = vscode.shown.at(-1);
seen.isHeldAfter = !(await canListen(port));

process.kill(seen.listed[0].owner.processId, 'SIGKILL');
await until(() => canListen(port));
seen.died = await run('devServerPort.reserve', process.env.TAKEN);
seen.revived = await run('devServerPort.reserve', '');
await deactivate();
seen.isFree = await canListen(port);
process.stdout.write(JSON.stringify(seen));
