// The main job, before your eyes: ten ports for as long as a command runs, which nobody gets by chance. With words behind it,
// this is that command.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../dist/PortReservation/worker/portreservation.mjs', import.meta.url));
const me = fileURLToPath(import.meta.url);

async function listen(port) {
  const server = createServer().listen(port);
  await once(server, 'listening');
  return server;
}

async function theCommand() {
  const [first, last] = process.env.PORT_RANGE.split('-').map(Number);
  const server = await listen(first);
  console.log(`\nin it, a server listens on ${first}`);
  console.log(`2000 others on port 0: does the system choose one of ${first}-${last}?`);
  let hits = 0;
  for (let index = 0; index < 2000; index++) {
    const server = await listen(0);
    const { port } = server.address();
    if (port >= first && port <= last) hits++;
    server.close();
  }
  console.log(`${hits} of 2000 landed there`);
  if (hits > 0) throw new Error('Port 0 landed in the reservation.');
  server.close();
}

if (process.argv[2] === 'inside') await theCommand();
else {
  const words = ['exec', '--ports', '10', '--name', 'web', '--', process.execPath, me, 'inside'];
  console.log(`$ portreservation ${words.slice(0, 6).join(' ')} node main-job.command-line.mjs inside`);
  process.exitCode = spawnSync(process.execPath, [program, ...words], { stdio: 'inherit' }).status ?? 1;
}
