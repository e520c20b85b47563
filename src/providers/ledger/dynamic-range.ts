import { readFileSync } from 'node:fs';
import type { PortRange } from '../../protocol/generated/contract.ts';

/** What IANA set aside; macOS and Windows take from there unless told otherwise. */
const registered: PortRange = { startPort: 49152, numberOfPorts: 16384 };

/** Where the system takes ports for port 0 and connect from: read where it says so, else what is registered. */
export function dynamicRange(): PortRange {
  let text: string;
  try {
    text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1');
  } catch {
    return registered;
  }
  const [first = Number.NaN, last = Number.NaN] = text.trim().split(/\s+/).map(Number);
  return first >= 0 && first <= last ? { startPort: first, numberOfPorts: last - first + 1 } : registered;
}
