/** The worker, which dies by a real SIGKILL before the nth time that it changes a file or the kernel's list. */
import { killBefore } from '../../support/kill-before.ts';

const { KILL_BEFORE } = process.env;
if (KILL_BEFORE) killBefore(Number(KILL_BEFORE), ['writeSync', 'writeFileSync', 'renameSync', 'rmSync']);
await import('../../../src/main.ts');
