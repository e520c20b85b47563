import { packageVersion } from '../protocol/generated/contract.ts';
import { instructions } from './generated/contract.ts';
import { objectIn, type Params, ProtocolError } from './messages.ts';

/** The versions that begin with `initialize`, newest first. */
const versionsWithHandshake = ['2025-11-25', '2025-06-18', '2025-03-26', '2024-11-05'];

/** Since this one there is no handshake: each request names its version. */
const statelessVersion = '2026-07-28';

/** A key that the protocol has in `_meta`. */
const metaKey = (name: string) => `io.modelcontextprotocol/${name}`;

export const subscriptionId = metaKey('subscriptionId');

const serverInfo = { name: 'portreservation', title: 'PortReservation', version: packageVersion };
const capabilities = { tools: {}, resources: { subscribe: true } };

/** In which of its two forms the protocol is spoken. */
export type Era = 'handshake' | 'stateless';

/**
 * The form in which a request is put.
 * @throws ProtocolError UnsupportedProtocolVersion
 */
export function eraOf(params: Params): Era {
  const requested = objectIn(params, '_meta')[metaKey('protocolVersion')];
  if (requested === undefined) return 'handshake';
  if (requested === statelessVersion) return 'stateless';
  const supported = [statelessVersion];
  throw new ProtocolError('UnsupportedProtocolVersion', 'Unsupported protocol version', { supported, requested });
}

/** The answer to `initialize`: the version asked for where it is known, else the newest. */
export function initialized({ protocolVersion }: Params) {
  const version = versionsWithHandshake.find((one) => one === protocolVersion) ?? versionsWithHandshake[0];
  return { protocolVersion: version, capabilities, serverInfo, instructions };
}

/** The answer to `server/discover`. */
export const discovered = () => ({ supportedVersions: [statelessVersion], capabilities, instructions });

/** Results that a client may keep; ours are true for the moment alone. */
const cacheable = /^(?:server\/discover|resources\/read|.*\/list)$/;

/** A result as the era wants it. */
export function stamped(era: Era, method: string, result: object): object {
  if (era === 'handshake') return result;
  const meta = { ...(result as { _meta?: object })._meta, [metaKey('serverInfo')]: serverInfo };
  const isKept = cacheable.test(method) && { ttlMs: 0, cacheScope: 'private' };
  return { resultType: 'complete', ...isKept, ...result, _meta: meta };
}
