import { parentPort } from 'node:worker_threads';
import { getPort } from '../../../src/index.ts';

// Says which ports it got, and keeps them until the end of its input.
const ports: number[] = [];
for (let count = Number(process.argv[2]); count > 0; count--) ports.push(await getPort());
if (parentPort) parentPort.postMessage(ports);
else process.stdout.write(`${JSON.stringify(ports)}\n`);
process.stdin.resume();
