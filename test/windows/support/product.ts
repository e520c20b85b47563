import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const dist = join(import.meta.dirname, '../../../dist');

/** The built product with koffi's native file for Windows in its place. */
export interface Product {
  worker: string;
  /** The command line. */
  program: string;
  /** The program of the DSC resources. */
  dsc: string;
  library: string;
}

/** Where `npm run build` leaves it. */
export const built: Product = {
  worker: join(dist, 'PortReservation/worker/worker.mjs'),
  program: join(dist, 'PortReservation/worker/portreservation.mjs'),
  dsc: join(dist, 'PortReservation/worker/dsc.cjs'),
  library: join(dist, 'lib/index.js'),
};

/** Copies the built product to `folder`, with that native file of koffi beside the worker. */
export function copyProduct(folder: string, koffi: string): Product {
  if (!existsSync(built.worker)) throw new Error(`${built.worker} is missing; run npm run build.`);
  const module = join(folder, 'dist/PortReservation');
  cpSync(join(dist, 'PortReservation'), module, { recursive: true });
  cpSync(join(dist, 'lib'), join(folder, 'dist/lib'), { recursive: true });
  cpSync(join(dist, '../package.json'), join(folder, 'package.json'));
  mkdirSync(join(module, 'worker/koffi/win32-x64'), { recursive: true });
  cpSync(koffi, join(module, 'worker/koffi/win32-x64/koffi.node'));
  const worker = join(module, 'worker');
  return {
    worker: join(worker, 'worker.mjs'),
    program: join(worker, 'portreservation.mjs'),
    dsc: join(worker, 'dsc.cjs'),
    library: join(folder, 'dist/lib/index.js'),
  };
}
