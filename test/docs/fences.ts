import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const checkout = join(import.meta.dirname, '../..');

/** A fenced block of a page. */
export interface Fence {
  page: string;
  language: string;
  text: string;
  /** By which the table of blocks names it. */
  name: string;
}

/** The pages that people read, but for the generated protocol, whose conversation another test holds a worker to. */
export const pages = [
  'README.md',
  'README.npm.md',
  'SECURITY.md',
  ...readdirSync(join(checkout, 'docs'))
    .filter((file) => file.endsWith('.md') && file !== 'protocol.md')
    .map((file) => `docs/${file}`),
].sort();

export const textOf = (page: string): string => readFileSync(join(checkout, page), 'utf8').replaceAll('\r', '');

export const fences: readonly Fence[] = pages.flatMap((page) =>
  [...textOf(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language, text]) => {
    const first = text!.split('\n')[0]!.trim();
    return { page, language: language!, text: text!, name: `${page}: ${first.slice(0, 50).trimEnd()}` };
  }),
);

/** The block of a page that begins so. */
export function fence(page: string, start: string): string {
  const found = fences.filter((one) => one.page === page && one.text.startsWith(start));
  if (found.length !== 1)
    throw new Error(`${page} has ${found.length} blocks that begin with ${JSON.stringify(start)}.`);
  return found[0]!.text;
}
