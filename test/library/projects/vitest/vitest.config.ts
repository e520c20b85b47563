import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { globalSetup: ['portreservation/vitest'], include: ['*.spec.ts'], maxWorkers: 2 },
});
