// The PowerShell of the tests (pwsh, or the engine host, built when it has to be) for plain Node programs.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));
const outfile = path('../build/tools/powershell.mjs');
await build({
  entryPoints: [path('../test/support/powershell-process.ts')],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
});
const { findPowerShell, scriptOptions } = await import(outfile);

/** The command line to which a script's `-File` or `-Command` is added. */
export async function powershellCommand() {
  const { command, args } = await findPowerShell();
  return [command, ...args, ...scriptOptions];
}
