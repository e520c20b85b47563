import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from 'vitest';

/** Where the parts of the lab are, as paths of this system. Written by setup.mjs. */
export interface LabPaths {
  wine: string;
  prefix: string;
  node20: string;
  node22: string;
  /** koffi's native file for win32-x64. */
  koffi: string;
  /** The simulated kernel: a DLL that is a Node addon as well. */
  kernel: string;
  /** The numbers of the real Windows headers (facts.c), as JSON. */
  facts: string;
  /** PowerShell as a Windows program: pwsh.exe. */
  powershell: string;
  /** The .NET assembly that loads the kernel into every .NET program. */
  startupHook: string;
}

const file = fileURLToPath(new URL('../../build/lab/lab.json', import.meta.url));

/** Reads the paths; an error says how to make them. */
export function labPaths(): LabPaths {
  if (!existsSync(file)) throw new Error('The Windows lab is not set up. Run: node test/lab/setup.mjs');
  return JSON.parse(readFileSync(file, 'utf8')) as LabPaths;
}

/** What the compiler says: values, `sizeof(...)` and `offsetof(...)` from the real headers, the same on x64 and x86. */
export function headerFacts(): Record<string, number> {
  return JSON.parse(readFileSync(labPaths().facts, 'utf8')) as Record<string, number>;
}

/** A path of this system as Windows programs in the lab see it. */
export function windowsPath(path: string): string {
  return `Z:${path.replaceAll('/', '\\')}`;
}

/** `describe` for tests that need the lab: skipped, and saying so, where it is not set up; in CI that is a failure. */
export function describeInLab(title: string, tests: () => void): void {
  if (existsSync(file) || process.env.CI) describe(title, tests);
  else describe.skip(`${title} (skipped: the Windows lab is not set up; run node test/lab/setup.mjs)`, tests);
}
