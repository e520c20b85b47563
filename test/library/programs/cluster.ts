import cluster from 'node:cluster';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { listenOn, reserve } from '../../../src/index.ts';
import { tryBind } from '../../support/sockets.ts';

if (cluster.isPrimary) {
  const block = await reserve();
  const port = block.ports[0]!;
  const workers = [0, 1].map(() => cluster.fork({ PORT: port }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const seen = new Set<string>();
  let answers = 0;
  for (; answers < 40; answers++) {
    const socket = connect(port, '127.0.0.1');
    const [data] = await once(socket, 'data');
    seen.add(String(data));
    socket.destroy();
  }
  console.log(JSON.stringify({ workers: seen.size, answers, strangers: await tryBind('tcp', port, '::') }));
  for (const worker of workers) worker.kill();
  await block.release();
} else {
  const server = createServer((socket) => void socket.on('error', () => {}).end(`${process.pid}`));
  await listenOn(server, { port: Number(process.env.PORT), reusePort: true });
  process.send!('listens');
}
