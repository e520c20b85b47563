import { thisHost } from '../host.ts';
import { openService, type ServiceOptions } from '../open-service.ts';
import type { PortService } from '../service/port-service.ts';

/** What reserves for this process. */
export type Reserver = Pick<PortService, 'capabilities' | 'create' | 'release' | 'close'>;

/**
 * Who serves at PORT_RESERVATION_ADDRESS, if somebody does and nothing else was asked for, or else a service in this process.
 * On Windows always the latter: what another process holds there lets nobody in.
 */
export async function openReserver(options: ServiceOptions): Promise<Reserver> {
  const { platform, env } = options.host ?? thisHost();
  const address = env.PORT_RESERVATION_ADDRESS;
  const isOpen = !options.provider && !options.holder && !options.owner;
  const there = address && isOpen && platform !== 'win32' ? await reserverAt(address) : undefined;
  return there ?? openService(options);
}

async function reserverAt(address: string): Promise<Reserver | undefined> {
  const { joinWorker } = await import('../rpc/client/client.ts');
  const client = await joinWorker(address).catch(() => undefined);
  if (!client) return undefined;
  // It keeps this process from its end no more than ports that are held here do.
  let underWay = 0;
  const whileUnderWay = async <T>(work: () => Promise<T>): Promise<T> => {
    if (underWay++ === 0) client.ref();
    try {
      return await work();
    } finally {
      if (--underWay === 0) client.unref();
    }
  };
  client.unref();
  return {
    capabilities: client.server.capabilities,
    create: (params, { signal } = {}) => whileUnderWay(() => client.request('reservation/create', params, { signal })),
    release: (params, { signal } = {}) =>
      whileUnderWay(() => client.request('reservation/release', params, { signal })),
    close: () => whileUnderWay(() => client.close()),
  };
}
