import * as fs from 'node:fs';
import { hostname } from 'node:os';
import { bootId, networkNamespace, processNamespace } from '../machine/system-ids.ts';
import type { Owner, RuntimeFile } from '../protocol/generated/contract.ts';

/** Where ports are held. */
export type Place = Pick<RuntimeFile, 'host' | 'boot' | 'networkNamespace' | 'processNamespace'>;

/** Where this process holds ports. */
export function thisPlace(): Place {
  const [boot, network, processes] = [bootId(), networkNamespace(), processNamespace()];
  return {
    host: hostname(),
    ...(boot && { boot }),
    ...(network && { networkNamespace: network }),
    ...(processes && { processNamespace: processes }),
  };
}

/** Whether a process id of the one means the same process at the other. */
export const sharesProcesses = (there: Place, here: Place): boolean =>
  there.boot === here.boot && there.processNamespace === here.processNamespace;

/** How far the one is from the other; undefined where both hold the same ports, or where that cannot be told. */
export function distance(there: Place, here: Place): Owner['elsewhere'] {
  const differs = (key: 'boot' | 'networkNamespace') =>
    there[key] !== undefined && here[key] !== undefined && there[key] !== here[key];
  if (differs('boot')) return 'host';
  return differs('networkNamespace') ? 'networkNamespace' : undefined;
}

/** File systems that other hosts may have, too, by their numbers in <linux/magic.h>, and not all of which lock across hosts. */
const shared = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x01021997, 0x65735546, 0x00c36400, 0x5346414f, 0x0bd00bd0,
]);

/** Whether a lock that is free says that its holder is gone. */
export function isJudged(there: Place, here: Place, folder: string): boolean {
  if (distance(there, here) !== 'host' || there.host === here.host) return true;
  try {
    return !shared.has(fs.statfsSync(folder).type);
  } catch {
    return false;
  }
}
