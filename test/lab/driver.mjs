// Runs under Windows Node inside Wine: starts programs there for the tests outside, and passes their streams on over
// one TCP connection, a JSON object a line. A Unix pipe cannot be a Windows program's stdio; pipes between two Windows
// programs can. When the connection ends, whatever was started ends.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

const [port, key] = process.argv.slice(2);
const children = new Map();
const socket = connect(Number(port), '127.0.0.1');
const send = (message) => socket.write(`${JSON.stringify(message)}\n`);

// Under load, CreateProcess of Wine was seen to fail once in some thousand starts, with a code that says nothing. Nothing
// has run then, so it is tried again.
const tries = 3;

function start(order, attempt = 1) {
  const { id, command, args, env, cwd } = order;
  const failed = (error) => {
    if (error.code === 'UNKNOWN' && attempt < tries) {
      console.error(`${command} did not start (${error.message}), attempt ${attempt} of ${tries}`);
      start(order, attempt + 1);
    } else send({ id, event: 'failed', message: error.message });
  };
  let child;
  try {
    // Hidden, it has a console of its own, without which PowerShell does not start; the lab has no other.
    child = spawn(command, args, { env: { ...process.env, ...env }, cwd, windowsHide: order.console });
  } catch (error) {
    failed(error);
    return;
  }
  child.on('error', failed);
  if (child.pid === undefined) return;
  children.set(id, child);
  child.on('spawn', () => send({ id, event: 'started', pid: child.pid }));
  child.on('close', (code) => {
    children.delete(id);
    send({ id, event: 'exited', code });
  });
  for (const name of ['stdout', 'stderr'])
    child[name].on('data', (data) => send({ id, event: name, data: data.toString('base64') }));
  child.stdin.on('error', () => {}); // a program may end before it has read everything
}

function kill(pid) {
  try {
    process.kill(pid);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error; // it ended by itself meanwhile
  }
}

const orders = {
  start: (order) => start(order),
  write: ({ id, data }) => children.get(id)?.stdin.write(Buffer.from(data, 'base64')),
  end: ({ id }) => children.get(id)?.stdin.end(),
  kill: ({ pid }) => kill(pid),
};

createInterface({ input: socket }).on('line', (line) => {
  const { order, ...rest } = JSON.parse(line);
  orders[order](rest);
});
socket.on('error', () => {}); // 'close' follows
socket.on('close', () => {
  for (const child of children.values()) child.kill();
  process.exit();
});
socket.on('connect', () => send({ event: 'ready', key }));
