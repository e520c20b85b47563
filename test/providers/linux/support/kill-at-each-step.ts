import { expect } from 'vitest';
import type { ProviderProcess } from '../../../support/provider-process.ts';
import type { Lab } from './sysctl.ts';

/**
 * Lets one process after another do the work, each killed one call later than the one before, until one gets through.
 * @returns how many were killed
 */
export async function killAtEachStep(
  lab: Lab,
  work: (process: ProviderProcess) => Promise<unknown>,
  check: () => Promise<void>,
): Promise<number> {
  for (let call = 1; ; call++) {
    const process = await lab.namespace.start();
    await process.killBefore(call);
    const outcome = await work(process).then(
      () => 'done',
      (error: Error) => error.message,
    );
    if (outcome === 'done') return call - 1;
    expect(outcome).toBe("the provider's process ended with SIGKILL");
    await check();
  }
}
