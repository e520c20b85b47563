import { fileURLToPath } from 'node:url';

/** The built worker of this package: two folders down from its root lie this file and the bundle in dist/lib alike. */
export const workerFile = (): string =>
  fileURLToPath(new URL('../../dist/PortReservation/worker/worker.mjs', import.meta.url));
