import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** What we write into a ledger's folder, which may be one that has other things, too: PORT_RESERVATION_HOME names any. */
const ours =
  /^(?:ledger\.(?:json|lock)|tokens(?:-\d+)?\.json|runtime|waiting|pins|native)$|^\.?(?:ledger|tokens)[^/]*\.(?:new|tmp)$/;

/** The paths of ours in a folder, and whether nothing else is there. */
export function whatIsIn(folder: string): { ours: string[]; isOursAlone: boolean } {
  const names = readdirSync(folder);
  const found = names.filter((name) => ours.test(name));
  return { ours: found.map((name) => join(folder, name)), isOursAlone: found.length === names.length };
}

/** A file, or a folder with all that is in it; none is no fault. @returns whether it is gone */
export function removeFolder(path: string, platform: NodeJS.Platform): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch (error) {
    // Windows keeps what this very program has loaded.
    if (platform === 'win32') return false;
    throw error;
  }
}
