// Carries the streams of another program, as ssh does: relay.mjs <program> <argument>...
// RELAY_SAYS is written first, as a shell's profile would.
import { spawn } from 'node:child_process';

const [program, ...args] = process.argv.slice(2);
if (process.env.RELAY_SAYS) process.stdout.write(process.env.RELAY_SAYS);
const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
process.stdin.pipe(child.stdin);
child.stdout.pipe(process.stdout);
child.on('close', (code) => {
  process.exitCode = code ?? 1;
});
