import { runDsc } from './run.ts';

process.exitCode = await runDsc(process.argv.slice(2), process);
