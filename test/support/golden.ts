import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';

/** Holds the text to the file, or with UPDATE_GOLDEN=1 writes the file: look at the difference before you commit it. */
export function expectGolden(text: string, file: URL): void {
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));
}
