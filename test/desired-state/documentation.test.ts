import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readDesiredState } from '../../src/desired-state/read-document.ts';

test.each(['docs/desired-state.md', 'README.md'])('the document in %s is one', async (file) => {
  const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  const documents = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, document]) => document!);
  expect(documents.length).toBeGreaterThan(0);
  for (const document of documents) expect((await readDesiredState(document, 'yaml')).name).toBe('shop');
});
