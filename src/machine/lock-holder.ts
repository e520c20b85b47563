import { readFileSync, statSync } from 'node:fs';

/** Linux: Documentation/filesystems/proc.rst; `1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF`, `->` for one who waits. */
const holder = /^\d+: FLOCK\s+\w+\s+\w+\s+(\d+) ([0-9a-f]+):([0-9a-f]+):(\d+) /;

/** The process that has the lock of the file, as Linux tells it; undefined elsewhere, and where it cannot be seen from here. */
export function holderOf(file: string): number | undefined {
  try {
    const { dev, ino } = statSync(file);
    const [major, minor] = [Math.floor(dev / 256) % 4096, (dev % 256) + Math.floor(dev / 0x100000) * 256];
    for (const line of readFileSync('/proc/locks', 'latin1').split('\n')) {
      const [, processId, ...place] = holder.exec(line) ?? [];
      if (Number(place[2]) !== ino) continue;
      if (Number.parseInt(place[0]!, 16) !== major || Number.parseInt(place[1]!, 16) !== minor) continue;
      if (Number(processId) > 0) return Number(processId);
    }
  } catch {
    // Not Linux, or the file has gone.
  }
  return undefined;
}
