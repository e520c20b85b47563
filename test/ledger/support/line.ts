import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { vi } from 'vitest';

const line = (home: string) => join(home, 'waiting');

/** The places of those who wait for the ledger in this folder, where anybody has waited. */
export const lineOf = (home: string): string[] => readdirSync(line(home));

/** Resolves when so many wait. */
export const stands = (home: string, places: number): Promise<unknown> =>
  vi.waitUntil(() => existsSync(line(home)) && lineOf(home).length === places, { timeout: 30_000, interval: 2 });
