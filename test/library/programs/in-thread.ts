import { parentPort, workerData } from 'node:worker_threads';
import { getPort, reserve } from '../../../src/index.ts';

// Opens a port for a child, and keeps one on one address: says which, and stays.
const block = await reserve();
const { port } = await block.open();
parentPort!.postMessage([port, await getPort({ port: workerData, host: '127.0.0.1' })]);
setInterval(() => {}, 2 ** 30);
