import { readFileSync } from 'node:fs';
import { unlessHidden } from '../../machine/unless-hidden.ts';
import { tunnels } from '../../native/linux/tunnels.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { plainLine } from '../../protocol/plain-text.ts';

/** Lists what the file server in the kernel listens on: `tcp 2049`. */
const nfsPorts = '/proc/fs/nfsd/portlist';

/** What the kernel itself has ports of the protocol for, by port, as far as it says so to everybody. */
export async function kernelUses(protocol: Protocol): Promise<ReadonlyMap<number, string>> {
  const uses = new Map<number, string>();
  for (const line of (unlessHidden(() => readFileSync(nfsPorts, 'latin1')) ?? '').split('\n')) {
    const [transport, port] = line.split(' ');
    if (transport === protocol) uses.set(Number(port), 'the NFS server');
  }
  if (protocol === 'udp') {
    for (const { name, kind, port } of await tunnels().catch(() => [])) {
      uses.set(port, plainLine(`the interface ${name} (${kind})`));
    }
  }
  return uses;
}
