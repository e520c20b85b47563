import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { InvalidParamsError } from '../protocol/errors.ts';
import { maximumPort } from '../protocol/ranges.ts';

/** Refuses what is no port, naming the field. */
export function checkPort(port: unknown, field = 'port'): asserts port is number {
  if (Number.isInteger(port) && (port as number) >= 1 && (port as number) <= maximumPort) return;
  throw new InvalidParamsError([{ field, message: `must be a port, 1 to ${maximumPort}` }]);
}

/** The address of a host as Node's servers take it: the first that its name leads to. Undefined: all addresses. */
export async function addressOf(host: string | undefined): Promise<string | undefined> {
  if (host === undefined) return undefined;
  if (typeof host !== 'string' || host === '') {
    throw new InvalidParamsError([{ field: 'host', message: 'must be an IP address or a name' }]);
  }
  return isIP(host) ? host : (await lookup(host)).address;
}
