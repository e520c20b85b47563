import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

// On a real Windows: npm run build && npm run test:live, elevated and not. The report goes to build/live.
export default defineConfig({
  test: {
    root: join(import.meta.dirname, '../..'),
    include: ['test/live/*.live.ts'],
    passWithNoTests: true,
    // The tests share this machine's ports.
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
