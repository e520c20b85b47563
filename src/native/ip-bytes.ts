import { isIPv4 } from 'node:net';

/** The bytes of an IP address as a sockaddr has them: 4 or 16. */
export function ipBytes(address: string): number[] {
  if (isIPv4(address)) return address.split('.').map(Number);
  // A URL writes every IPv6 address in groups of hexadecimal digits alone.
  const { hostname } = new URL(`http://[${address}]`);
  const [before = '', after] = hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part ? part.split(':') : []);
  const [head, tail] = [groups(before), groups(after ?? '')];
  const zeros = after === undefined ? 0 : 8 - head.length - tail.length;
  const all = [...head, ...Array<string>(zeros).fill('0'), ...tail];
  return all.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}
