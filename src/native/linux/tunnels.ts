import { attributesOf } from './attributes.ts';
import { netlink } from './netlink.ts';

/* linux/rtnetlink.h, linux/if_link.h */
const NETLINK_ROUTE = 0;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
/** The size of `struct ifinfomsg`. */
const linkSize = 16;

/** IFLA_VXLAN_PORT, IFLA_GENEVE_PORT, IFLA_BAREUDP_PORT: where the interfaces of each kind say their UDP port. */
const portAttributes: Readonly<Record<string, number>> = { vxlan: 15, geneve: 5, bareudp: 1 };

/** A network interface that the kernel itself receives datagrams for. */
export interface Tunnel {
  name: string;
  /** As `ip -d link` names it. */
  kind: string;
  port: number;
}

/**
 * The interfaces of this network namespace that say which UDP port they have. Everybody may ask.
 * @throws NativeError
 */
export async function tunnels(): Promise<Tunnel[]> {
  const found: Tunnel[] = [];
  const request = { type: RTM_GETLINK, body: Buffer.alloc(linkSize), isDump: true };
  const all = (await netlink()).ask(NETLINK_ROUTE, 'rtnetlink', [request], (type, buffer, start, end) => {
    if (type !== RTM_NEWLINK) return;
    let name = '';
    for (const { kind, from, to } of attributesOf(buffer, start + linkSize, end)) {
      if (kind === IFLA_IFNAME) name = textIn(buffer, from, to);
      if (kind === IFLA_LINKINFO) found.push(...tunnelIn(buffer, { from, to }, name));
    }
  });
  for (const _ of all) {
    // To the last.
  }
  return found;
}

function tunnelIn(buffer: Buffer, { from, to }: { from: number; to: number }, name: string): Tunnel[] {
  let kind = '';
  for (const info of attributesOf(buffer, from, to)) {
    if (info.kind === IFLA_INFO_KIND) kind = textIn(buffer, info.from, info.to);
    if (info.kind !== IFLA_INFO_DATA) continue;
    for (const data of attributesOf(buffer, info.from, info.to)) {
      if (data.kind === portAttributes[kind]) return [{ name, kind, port: buffer.readUInt16BE(data.from) }];
    }
  }
  return [];
}

const textIn = (buffer: Buffer, from: number, to: number): string =>
  buffer.toString('utf8', from, to).replace(/\0+$/, '');
