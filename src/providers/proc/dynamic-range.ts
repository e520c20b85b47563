import { readFileSync } from 'node:fs';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange } from '../../protocol/generated/contract.ts';
import { maximumPort } from '../../protocol/ranges.ts';

/** What a system takes from unless told otherwise: what IANA set aside; Linux begins earlier, and may have been told to go on. */
const usual = (platform: NodeJS.Platform): PortRange => {
  const startPort = platform === 'linux' ? 32768 : 49152;
  return { startPort, numberOfPorts: maximumPort - startPort + 1 };
};

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

/** Where the system takes ports for port 0 and connect from: read where it says so, else what is usual there. */
export const dynamicRange = (platform: NodeJS.Platform): PortRange => range() ?? usual(platform);

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
