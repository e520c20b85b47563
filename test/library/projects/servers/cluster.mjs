import cluster from 'node:cluster';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { listenOn, reserve } from 'portreservation';

if (cluster.isPrimary) {
  const block = await reserve({ name: 'cluster' });
  const port = block.ports[0];
  const workers = [0, 1].map(() => cluster.fork({ PORT: port }));
  await Promise.all(workers.map((worker) => once(worker, 'message')));
  const answers = new Set();
  for (let index = 0; index < 40; index++) {
    answers.add(await (await fetch(`http://127.0.0.1:${port}`, { headers: { connection: 'close' } })).text());
  }
  console.log(`cluster of ${answers.size}`);
  for (const worker of workers) worker.kill();
  await block.release();
} else {
  const server = createServer((_, response) => response.end(`${process.pid}`));
  await listenOn(server, { port: Number(process.env.PORT), reusePort: true });
  process.send('listens');
}
