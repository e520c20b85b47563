import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Lab, type LabOptions } from '../../lab/run.ts';
import { copyProduct, type Product } from './product.ts';

/** A lab with the product in it. */
export interface ProductLab {
  lab: Lab;
  product: Product;
  close(): Promise<void>;
}

export async function openProductLab(options?: LabOptions): Promise<ProductLab> {
  const lab = await Lab.open(options);
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-product-'));
  return {
    lab,
    product: copyProduct(folder, lab.paths.koffi),
    async close() {
      await lab.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
