import type { DynamicRange, DynamicRangeList, SystemDynamicRangeParams } from '../../protocol/generated/contract.ts';
import type { Provider } from '../../providers/provider.ts';
import { firstChosenPort } from './choose.ts';

/** Where the system takes the ports from that it chooses by itself, and whether that is low enough to hurt. */
export async function dynamicRanges(
  provider: Provider,
  { protocol = ['tcp', 'udp'] }: SystemDynamicRangeParams,
): Promise<DynamicRangeList> {
  const found: DynamicRange[] = [];
  for (const one of [protocol].flat()) found.push({ protocol: one, range: await provider.dynamicRange(one) });
  const warnings = found.filter(({ range }) => range.startPort < firstChosenPort).map((low) => warning(provider, low));
  return { dynamicRanges: found, ...(warnings.length && { warnings }) };
}

function warning({ commands }: Provider, { protocol, range }: DynamicRange): string {
  const after = commands.afterDynamicRange === undefined ? '' : ` - ${commands.afterDynamicRange}`;
  return (
    `The system hands out ${protocol} ports from ${range.startPort} on by itself, so any connection may take a port that a ` +
    `server needs. Let it begin at ${firstChosenPort} or above: ${commands.resetDynamicRange(protocol)}${after}`
  );
}
