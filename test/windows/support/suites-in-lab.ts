import { afterAll, beforeAll } from 'vitest';
import { windowsSuites } from '../suites.ts';
import { LabWindows } from './lab-windows.ts';

/** All that has to hold on every Windows, on the one in the lab. A file for each version of Node, as they run at once. */
export function suitesInLab(runtime: 'node20' | 'node22'): void {
  const windows = new LabWindows(runtime);
  beforeAll(() => windows.open());
  afterAll(() => windows.close());
  windowsSuites(windows);
}
