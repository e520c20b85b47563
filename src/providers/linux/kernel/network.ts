import { closeSync, constants, openSync } from 'node:fs';
import { endianness } from 'node:os';
import type { Bpf } from '../../../native/linux/bpf.ts';
import { attachType, mapType, programType } from '../../../native/linux/bpf-layout.ts';
import { networkCookie } from '../../../native/linux/network-cookie.ts';
import { Sockets } from '../../../native/posix/socket.ts';
import { noteNetwork } from './programs.ts';

/**
 * The cookie of the network namespace that this process binds in. It is another after each boot, so it is never recorded.
 * @param ownGroup the control group of this process, for kernels before 5.14, which tell the cookie to programs alone
 */
export async function thisNetwork(bpf: Bpf, ownGroup: () => string): Promise<bigint> {
  return (await networkCookie()) ?? (await learnNetwork(bpf, ownGroup()));
}

/** Lets a program on this process's control group note the cookie at a bind of ours. */
export async function learnNetwork(bpf: Bpf, ownGroup: string): Promise<bigint> {
  const sockets = await Sockets.load();
  const opened: number[] = [];
  const keep = (descriptor: number) => {
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const noted = keep(bpf.createMap({ name: 'pr_noted', type: mapType.ARRAY, keySize: 4, valueSize: 8, entries: 1 }));
    const type = attachType.CGROUP_INET4_BIND;
    const program = keep(
      bpf.loadProgram({
        name: 'pr_note',
        type: programType.CGROUP_SOCK_ADDR,
        attachType: type,
        code: noteNetwork(noted),
      }),
    );
    const group = keep(openSync(ownGroup, constants.O_RDONLY | constants.O_DIRECTORY));
    keep(bpf.link(group, program, type));
    sockets.bind(keep(sockets.open('inet', 'udp')), 'inet', 0);
    const cookie = bpf.lookUp(noted, Buffer.alloc(4), 8)!;
    return endianness() === 'LE' ? cookie.readBigUInt64LE() : cookie.readBigUInt64BE();
  } finally {
    for (const descriptor of opened.reverse()) closeSync(descriptor);
  }
}
