const escaped = (text: string): string => text.replaceAll('\\', '\\e').replaceAll('-', '\\-');

/** A line that begins with a dot or an apostrophe is no macro. */
const guarded = (line: string): string => line.replace(/^(?=[.'])/, '\\&');

const widest = 78;

/** Words that flow; in the source, too, they stand in lines that people can read. */
export function words(text: string): string {
  const filled: string[] = [];
  for (const word of escaped(text).trim().split(/\s+/)) {
    const last = filled.at(-1);
    if (last !== undefined && last.length + word.length < widest) filled[filled.length - 1] = `${last} ${word}`;
    else filled.push(word);
  }
  return filled.map(guarded).join('\n');
}

/** Lines that stay as they are. */
const lines = (text: string): string =>
  [
    '.nf',
    ...escaped(text)
      .split('\n')
      .map((line) => guarded(line.trimEnd()) || '.sp'),
    '.fi',
  ].join('\n');

/** Options in bold, what they take as it is. */
export const flags = (text: string): string => words(text).replace(/(\\-(?:\\-)?\w(?:\w|\\-)*)/g, '\\fB$1\\fR');

/** A heading with something under it; nothing where that is empty. */
export const section = (heading: string, body: string): string => (body ? `.SH ${heading}\n${body}\n` : '');

/** Terms and what is said of each. */
export const terms = (rows: readonly (readonly [string, string])[]): string =>
  rows.map(([term, text]) => `.TP\n${flags(term)}\n${words(text)}`).join('\n');

/**
 * What a help text says behind its lists: paragraphs flow, indented lines stay, and a line before them that ends with a
 * colon is a heading.
 */
export function prose(text: string): string {
  const blocks = text
    .replace(/^\n+|\s+$/g, '')
    .split(/\n{2,}/)
    .filter(Boolean);
  return blocks.map(block).join('\n');
}

function block(text: string, index: number): string {
  const [first = '', ...rest] = text.split('\n');
  const begin = index === 0 ? '' : '.PP\n';
  if (/^\s/.test(first)) return `${begin}${lines(text)}`;
  if (rest.length === 0 || !rest.every((line) => /^\s/.test(line))) return `${begin}${words(text)}`;
  return `${begin}${words(first)}\n${lines(rest.join('\n'))}`;
}
