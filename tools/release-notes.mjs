// What a gallery shows of a version: its section of CHANGELOG.md, or what is not released yet.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'CHANGELOG.md');

/** The longest text that galleries take. */
const longest = 10_000;

/** @param {string} version */
export function releaseNotes(version) {
  const [, ...sections] = readFileSync(file, 'utf8').split(/^## /m);
  const of = (title) => sections.find((text) => text.split('\n')[0].split(' ')[0].replace(/[[\]]/g, '') === title);
  const section = of(version) ?? of('Unreleased');
  if (!section) throw new Error(`${file} has no section ${version} and none that is Unreleased.`);
  const text = section.slice(section.indexOf('\n')).trim();
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the module's files are pure ASCII
  if (/[^\x00-\x7f]/.test(text))
    throw new Error(`${file}: the module's manifest, which takes this text, is pure ASCII.`);
  if (text.length <= longest) return text;
  const more = '\n\nThe rest is in CHANGELOG.md.';
  return text.slice(0, text.lastIndexOf('\n- ', longest - more.length)) + more;
}
