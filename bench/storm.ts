import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';

/* Many processes that pick ports, bind each and keep it, while others take ports of the system's choice and connect. */

/** How large it is. */
export interface StormSize {
  processes: number;
  ports: number;
  rounds: number;
}

/** What came of it. */
export interface StormResult {
  picked: number;
  /** Picks of a port that was another one's already. */
  duplicates: number;
  /** Ports that could not be bound right after they were picked. */
  lost: number;
  /** Picks that failed. */
  failed: number;
  /** What each round took until all had picked theirs. */
  times: number[];
}

/** Picks a port by the address in PORTSERVER_ADDRESS, as portserver's clients do. */
export const byAddress = `
import { connect } from 'node:net';
const pick = async () => {
  const socket = connect(process.env.PORTSERVER_ADDRESS);
  socket.end(process.pid + '\\n');
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return Number(text);
};`;

/** Picks one that is free now, and kept for nobody: port 0, read and closed. */
export const byPortZero = `
const pick = async () => {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
};`;

/** Picks by the library: what \`getPort\` reserves. */
export const byGetPort = (library: string): string => `
const { getPort: pick } = await import(${JSON.stringify(library)});`;

/** Picks by \`find\`, which reserves nothing. */
export const byFind = (library: string): string => `
const { openService } = await import(${JSON.stringify(library)});
const service = await openService();
const pick = async () => (await service.find({ protocol: 'tcp', numberOfPorts: 1 })).ranges[0].startPort;`;

/** For each word it picks and says which, and for the next it binds them, as servers do, and says how many were lost. */
const picker = (pick: string, ports: number) => `
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
${pick}
const say = (said) => process.stdout.write(JSON.stringify(said) + '\\n');
const words = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const listens = async (port) => {
  const server = createServer().listen(port);
  try { await once(server, 'listening'); return true; } catch { return false; }
};
await pick();
for (say('ready'); !(await words.next()).done; ) {
  const picked = [], bound = [];
  for (let count = 0; count < ${ports}; count++) picked.push(await pick().catch(() => 0));
  say(picked);
  await words.next();
  for (const port of picked) bound.push(port > 0 && (await listens(port)));
  say(bound);
}
process.exit();`;

/** Binds port 0 and connects, as many at a time as do no harm, until its input ends. */
const storm = `
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
let isOver = false;
process.stdin.resume().once('end', () => { isOver = true; });
const quiet = (socket) => socket.on('error', () => {}); // the other end was reset
const hub = createServer(quiet).listen(0, '127.0.0.1');
await once(hub, 'listening');
process.stdout.write('ready\\n');
while (!isOver) {
  const servers = Array.from({ length: 64 }, () => createServer().listen(0));
  const clients = Array.from({ length: 64 }, () => quiet(connect(hub.address().port, '127.0.0.1')));
  await Promise.all([...servers.map((one) => once(one, 'listening')), ...clients.map((one) => once(one, 'connect'))]);
  for (const one of servers) one.close();
  for (const one of clients) one.resetAndDestroy();
}
process.exit();`;

interface Talker {
  child: ChildProcess;
  lines: AsyncIterator<string>;
  input: Interface;
}

function talker(script: string, env: NodeJS.ProcessEnv): Talker {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const input = createInterface({ input: child.stdout! });
  return { child, input, lines: input[Symbol.asyncIterator]() };
}

async function lineOf({ lines }: Talker): Promise<string> {
  const { done, value } = await lines.next();
  if (done) throw new Error('A process of the storm ended early.');
  return value;
}

/**
 * Runs it: in each round all pick at once, and bind when the last one has picked.
 * @param pick text of a module that has a function \`pick\`, one of the above
 */
export async function runStorm(
  pick: string,
  { processes, ports, rounds }: StormSize,
  env: NodeJS.ProcessEnv,
): Promise<StormResult> {
  const storms = [0, 1].map(() => talker(storm, env));
  const pickers = Array.from({ length: processes }, () => talker(picker(pick, ports), env));
  const all = [...storms, ...pickers];
  const tell = async () => {
    for (const { child } of pickers) child.stdin!.write('go\n');
    return (await Promise.all(pickers.map(lineOf))).flatMap((line) => JSON.parse(line));
  };
  try {
    await Promise.all(all.map(lineOf));
    const times: number[] = [];
    const picked: number[] = [];
    let unbound = 0;
    for (let round = 0; round < rounds; round++) {
      const begun = performance.now();
      picked.push(...(await tell()));
      times.push(performance.now() - begun);
      unbound += ((await tell()) as boolean[]).filter((isBound) => !isBound).length;
    }
    if (storms.some(({ child }) => child.exitCode !== null)) throw new Error('The storm ended early.');
    const given = picked.filter((port) => port > 0);
    const duplicates = given.length - new Set(given).size;
    const failed = picked.length - given.length;
    // A port that two picked is lost to the second one; that is counted once, as a duplicate.
    return { picked: picked.length, duplicates, lost: unbound - duplicates - failed, failed, times };
  } finally {
    for (const { child } of all) child.stdin!.end();
    await Promise.all(all.map(({ child }) => child.exitCode ?? once(child, 'exit')));
    for (const { input } of all) input.close();
  }
}
