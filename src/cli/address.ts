import { hostname, networkInterfaces } from 'node:os';
import type { PortRange, Protocol } from '../protocol/generated/contract.ts';
import { maximumPort } from '../protocol/ranges.ts';
import { parseRange } from './options.ts';

/** A port as people paste it. */
export interface Address {
  range: PortRange;
  /** Of which machine; absent where none is named. */
  host?: string;
  /** Absent where none is named. */
  protocol?: Protocol;
}

const isProtocol = (word: string): word is Protocol => word === 'tcp' || word === 'udp';
const portsOfSchemes: Readonly<Record<string, number>> = { http: 80, ws: 80, https: 443, wss: 443, ftp: 21, ssh: 22 };

/** `5173`, `5000-5009`, `:5173`, `5173/udp`, `localhost:5173`, `[::1]:5173`, `http://localhost:5173/`; undefined where it is none of them. */
export function parseAddress(word: string): Address | undefined {
  const range = parseRange(word);
  if (range) return { range };
  const url = /^([a-z][a-z0-9+.-]*):\/\/(?:[^/?#@]*@)?(\[[^\]]+\]|[^:/?#]+)(?::(\d{1,5}))?(?:[/?#]|$)/i.exec(word);
  if (url) {
    const [, scheme, host, port = `${portsOfSchemes[scheme!.toLowerCase()] ?? ''}`] = url;
    return withHost(port, host!);
  }
  const [, number, protocol] = /^(.+)\/(tcp|udp)$/i.exec(word) ?? [];
  if (number !== undefined) return withProtocol(number, protocol!);
  const [, host, port] = /^(\[[^\]]+\]|[^:\s]+|\*):(\d{1,5}(?:-\d{1,5})?)$/.exec(word) ?? [];
  if (host === undefined) return undefined;
  return isProtocol(host.toLowerCase()) ? withProtocol(port!, host) : withHost(port!, host);
}

function withHost(port: string, host: string): Address | undefined {
  const range = parseRange(port);
  return range && { range, host: host.replace(/^\[(.*)\]$/, '$1') };
}

function withProtocol(port: string, word: string): Address | undefined {
  const address = parseAddress(port);
  const protocol = word.toLowerCase();
  return address && isProtocol(protocol) ? { ...address, protocol } : undefined;
}

/** Whether the name or address is of this machine. */
export function isThisMachine(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '').replace(/%.*$/, '');
  if (['*', '0.0.0.0', '::', '::1', 'localhost', hostname().toLowerCase()].includes(name)) return true;
  if (name.endsWith('.localhost') || /^127(\.\d{1,3}){3}$/.test(name)) return true;
  return Object.values(networkInterfaces()).some((all = []) => all.some(({ address }) => address === name));
}

/** What is wrong with a word that is no address. */
export const notAnAddress = `It must be a port, 1 to ${maximumPort}, first and last of them (5000-5009), or an address such as localhost:5173.`;
