import { createRequire } from 'node:module';
import { defineConfig } from '@playwright/test';

const require = createRequire(import.meta.url);

export default defineConfig({
  globalSetup: require.resolve('portreservation/playwright'),
  testMatch: '*.spec.ts',
  workers: 2,
  fullyParallel: true,
  reporter: 'line',
  outputDir: 'out',
});
