import { attributesOf } from './attributes.ts';
import { netlink } from './netlink.ts';

/* linux/netfilter/nfnetlink.h, linux/netfilter/nf_tables.h */
const NETLINK_NETFILTER = 12;
const NFNL_SUBSYS_NFTABLES = 10 << 8;
const NFT_MSG_GETCHAIN = NFNL_SUBSYS_NFTABLES | 4;
const NFT_MSG_NEWGEN = NFNL_SUBSYS_NFTABLES | 15;
const NFT_MSG_GETGEN = NFNL_SUBSYS_NFTABLES | 16;
const NFTA_CHAIN_TYPE = 7;
const NFTA_GEN_ID = 1;
/** `struct nfgenmsg` of any family. */
const anyFamily = Buffer.alloc(4);

/** What the kernel has of nftables, as far as NAT goes. */
export interface NatChains {
  /** Which state of the rules it is: another after each change. */
  generation: number;
  /** Whether any chain is for NAT; iptables has its own there, too, unless it is the old one. */
  hasNat: boolean;
}

/**
 * Asks whether there is NAT at all, which is cheap.
 * @throws NativeError EPERM without the right to see the rules; EPROTONOSUPPORT or EINVAL where the kernel has no nftables
 */
export async function natChains(): Promise<NatChains> {
  const found: NatChains = { generation: 0, hasNat: false };
  const requests = [
    { type: NFT_MSG_GETGEN, body: anyFamily },
    { type: NFT_MSG_GETCHAIN, body: anyFamily, isDump: true },
  ];
  const all = (await netlink()).ask(NETLINK_NETFILTER, 'nf_tables', requests, (type, buffer, start, end) => {
    for (const { kind, from, to } of attributesOf(buffer, start + anyFamily.length, end)) {
      if (type === NFT_MSG_NEWGEN) {
        if (kind === NFTA_GEN_ID) found.generation = buffer.readUInt32BE(from);
      } else if (kind === NFTA_CHAIN_TYPE && buffer.toString('latin1', from, to) === 'nat\0') found.hasNat = true;
    }
  });
  for (const _ of all) {
    // To the last.
  }
  return found;
}
