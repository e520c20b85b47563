// Takes reserved ports for servers while others try to get them and clients use them, and prints what came of it. Runs on
// any runtime against the installed package, or the file named on the command line.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';

const { reserve } = await import(process.argv[2] ?? 'portreservation');
const tries = 200;

/** The codes that ordinary binds of the port are refused with; `got it` where one was not. */
async function intrude(attempt) {
  const outcomes = new Set();
  for (let count = 0; count < tries; count++) {
    outcomes.add(await attempt());
    await setImmediate();
  }
  return [...outcomes];
}

const tryTcp = (port) => () =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ code }) => resolve(code));
    server.listen({ port, exclusive: true }, () => server.close(() => resolve('got it')));
  });

const tryUdp = (port) => () =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', ({ code }) => resolve(code) ?? socket.close());
    socket.bind({ port, exclusive: true }, () => socket.close(() => resolve('got it')));
  });

/** Sends one word and wants it back. */
const echoes = (port, host) =>
  new Promise((resolve) => {
    const socket = connect({ port, host }, () => socket.write('word'));
    socket.once('data', (data) => resolve(String(data) === 'word') ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });

async function lostConnections(port, count) {
  let lost = 0;
  for (let index = 0; index < count; index++) if (!(await echoes(port, index % 2 ? '127.0.0.1' : '::1'))) lost++;
  return lost;
}

async function lostDatagrams(receiver, port, count) {
  const sender = createSocket('udp4');
  let lost = 0;
  for (let index = 0; index < count; index++) {
    const arrives = once(receiver, 'message', { signal: AbortSignal.timeout(5000) }).catch(() => lost++);
    sender.send(`${index}`, port, '127.0.0.1');
    await arrives;
  }
  sender.close();
  return lost;
}

const block = await reserve({ protocol: ['tcp', 'udp'], numberOfPorts: 2 });
const [port] = block.ports;
const intrusions = [intrude(tryTcp(port)), intrude(tryUdp(port))];
const server = createServer((socket) => socket.on('error', () => {}).pipe(socket));
await block.listen(server);
const receiver = createSocket('udp4');
const refused = await block.bind(receiver).then(
  () => undefined,
  ({ errorName }) => errorName,
);
const datagrams = async () => refused ?? lostDatagrams(receiver, port, 200);
const result = {
  address: server.address().port === port,
  lostConnections: await lostConnections(port, 50),
  lostDatagrams: await datagrams(),
  intruders: await Promise.all(intrusions),
};
await block.release();
const tryLater = refused ? [tryTcp(port)] : [tryTcp(port), tryUdp(port)];
const [lost, ...intruders] = await Promise.all([lostConnections(port, 50), ...tryLater.map(intrude)]);
result.afterRelease = { intruders, lostConnections: lost, lostDatagrams: await datagrams() };
server.close();
receiver.close();
console.log(JSON.stringify(result));
