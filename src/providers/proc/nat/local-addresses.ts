import { BlockList, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';

/** Whether an address of this machine is in the network that is written as `10.0.0.0/8`, or is that address. */
export function isOfThisMachine(network: string): boolean {
  const [address = '', length] = network.split('/');
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const block = new BlockList();
  try {
    if (length === undefined) block.addAddress(address, family);
    else block.addSubnet(address, Number(length), family);
  } catch {
    // What is not understood may be ours.
    return true;
  }
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  // The interface has one address of its network, and all of it is this machine's.
  const isLoopback = family === 'ipv4' ? address.startsWith('127.') : address === '::1';
  return isLoopback || own.some((one) => one.family.toLowerCase() === family && block.check(one.address, family));
}
