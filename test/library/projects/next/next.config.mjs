import { join } from 'node:path';

const isBundled = process.env.PROJECT_BUNDLES_LIBRARY === '1';

/** With the library left out of the server's bundle, as the documentation says, or taken into it. */
export default {
  distDir: isBundled ? '.next/bundled' : '.next/external',
  turbopack: { root: join(import.meta.dirname, '..') },
  ...(!isBundled && { serverExternalPackages: ['portreservation'] }),
};
