// Uses examples/vscode as its user would, with the stand-in for the module vscode, and prints one JSON object with what was
// seen. The extension is in the folder EXTENSION.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
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

const outputOf = (...args) => execFileSync(process.execPath, args, { encoding: 'utf8' });
/** What another worker is told that wants the port. */
const others = (port) => outputOf(process.env.TAKE, String(port));

activate(vscode.context);
const seen = {};
seen.first = await run('devServerPort.reserve', '');
const port = Number(/port (\d+)/.exec(seen.first.text)[1]);
seen.port = port;
seen.again = await run('devServerPort.reserve', '');
seen.others = others(port);
seen.listed = JSON.parse(outputOf(process.env.LIST)).reservations;
seen.taken = await run('devServerPort.reserve', process.env.TAKEN);
seen.remedy = vscode.clipboard[0];
seen.wrong = await run('devServerPort.reserve', '70000');

// In a terminal that was opened after, the server listens on $PORT, and ends.
const [serve, ...args] = process.env.SERVE.split(' ');
const server = spawn(serve, args, { env: { ...process.env, ...vscode.terminalEnvironment } });
const [line] = await once(server.stdout.setEncoding('utf8'), 'data');
seen.server = line.trim();
server.kill();
await once(server, 'close');
seen.othersAfter = others(port);

process.kill(seen.listed[0].owner.processId, 'SIGKILL');
seen.died = await run('devServerPort.reserve', process.env.TAKEN);
seen.revived = await run('devServerPort.reserve', '');
await deactivate();
process.stdout.write(JSON.stringify(seen));
