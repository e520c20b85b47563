import type { PortService } from '../service/port-service.ts';
import type { CommonOptions } from './options.ts';

/** Opens the service in this process for the work, and closes it whatever happens. */
export async function inService<T>(
  { provider }: CommonOptions,
  work: (service: PortService) => Promise<T>,
): Promise<T> {
  const { openService } = await import('../open-service.ts');
  const service = await openService({ provider });
  try {
    return await work(service);
  } finally {
    await service.close();
  }
}
