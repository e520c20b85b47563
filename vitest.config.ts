import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/powershell.ts'],
    // Kernel and contention tests share one machine; two files at a time is what it has cores for.
    maxWorkers: 2,
    // Limits only make a hang visible; no test passes or fails by the clock.
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
