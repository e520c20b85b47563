import { openService, type ServiceOptions } from '../open-service.ts';
import type { PortService } from '../service/port-service.ts';

/** A service that is opened when it is first needed, and again where that failed. */
export function lazyService(options: ServiceOptions): { open(): Promise<PortService>; close(): Promise<void> } {
  let opened: Promise<PortService> | undefined;
  return {
    open() {
      opened ??= openService(options).catch((error) => {
        opened = undefined;
        throw error;
      });
      return opened;
    },
    async close() {
      await (await opened?.catch(() => undefined))?.close();
    },
  };
}
