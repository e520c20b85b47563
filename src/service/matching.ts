import type { PortRange } from '../protocol/generated/contract.ts';
import { holdsPort } from '../protocol/ranges.ts';
import { wildcard } from './wildcard.ts';

/** What of a list is wanted: what holds this port, and whose name fits this pattern, as far as they are given. */
export function matching({
  port,
  name,
}: {
  port?: number;
  name?: string;
}): (item: { range: PortRange; name?: string }) => boolean {
  const fits = name === undefined ? undefined : wildcard(name);
  return (item) =>
    (port === undefined || holdsPort(item.range, port)) &&
    (fits === undefined || (item.name !== undefined && fits(item.name)));
}
