import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { holdsPort } from '../../protocol/ranges.ts';
import type { ReservedUrl } from './netsh.ts';
import type { Sight } from './sight.ts';

/** The urls that are reserved at HTTP.sys on ports of the range; none where they cannot be read. */
export async function urlsWithin(protocol: Protocol, range: PortRange, sight: Sight): Promise<ReservedUrl[]> {
  if (protocol !== 'tcp') return [];
  const urls = await sight.urls().catch(() => []);
  return urls.filter(({ port }) => holdsPort(range, port));
}

/** What an exclusion does to the program that a url is reserved for. */
export const urlWarning = ({ url, port }: ReservedUrl): string =>
  `${url} is reserved at HTTP.sys on port ${port}. HTTP.sys is refused excluded ports (error 32), so what listens there by it, as IIS, WCF and HttpListener do, cannot start while the exclusion stands.`;
