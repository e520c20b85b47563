import { once } from 'node:events';
import { createServer } from 'node:http';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { getPort, reserve } from 'portreservation';

if (isMainThread) {
  const threads = Array.from({ length: 4 }, () => new Worker(new URL(import.meta.url)));
  const found = await Promise.all(threads.map((thread) => once(thread, 'message')));
  const ports = found.flat(2);
  const texts = await Promise.all(found.map(async ([[port]]) => (await fetch(`http://127.0.0.1:${port}`)).text()));
  console.log(`${new Set(ports).size} ports, ${texts.join(' ')}`);
  await Promise.all(threads.map((thread) => thread.terminate()));
} else {
  const block = await reserve();
  const port = await block.listen(createServer((_, response) => response.end('thread')));
  parentPort.postMessage([port, await getPort()]);
}
