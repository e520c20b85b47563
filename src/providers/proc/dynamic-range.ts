import { readFileSync } from 'node:fs';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange } from '../../protocol/generated/contract.ts';

/** What IANA set aside; macOS and Windows take from there unless told otherwise. */
const registered: PortRange = { startPort: 49152, numberOfPorts: 16384 };

const file = '/proc/sys/net/ipv4/ip_local_port_range';

/** What Linux says; undefined where it cannot be read. */
function range(): PortRange | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
  const [first = Number.NaN, last = Number.NaN] = text.trim().split(/\s+/).map(Number);
  return first >= 0 && first <= last ? { startPort: first, numberOfPorts: last - first + 1 } : undefined;
}

/** Where the system takes ports for port 0 and connect from: read where it says so, else what is registered. */
export const dynamicRange = (): PortRange => range() ?? registered;

/**
 * The same, where the system says so.
 * @throws ServiceError OsError, NotSupported
 */
export function readDynamicRange(platform: NodeJS.Platform): PortRange {
  const found = range();
  if (found) return found;
  if (platform === 'linux') {
    throw new ServiceError('OsError', `Cannot read the dynamic range in ${file}.`, { target: file });
  }
  throw new ServiceError('NotSupported', `The dynamic range of ${platform} cannot be read by this provider.`, {
    target: platform,
    hint: 'On macOS `sysctl net.inet.ip.portrange` shows it.',
  });
}
