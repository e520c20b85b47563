/** Documents that are wrong, each with what must be said of it. `json` where it does not say so. */
export interface BadDocument {
  title: string;
  format?: 'json' | 'yaml';
  text: string;
  says: string | RegExp;
}

/** A YAML document with these reservations, one a line from line 3 on. */
const reservations = (...entries: string[]) =>
  `name: shop\nreservations:\n${entries.map((entry) => `- { protocol: tcp, ${entry} }\n`).join('')}`;

const yaml = (title: string, text: string, says: BadDocument['says']): BadDocument => ({
  title,
  format: 'yaml',
  text,
  says,
});
const json = (title: string, text: string, says: BadDocument['says']): BadDocument => ({
  title,
  format: 'json',
  text,
  says,
});

/** Aliases of aliases: nine lines that stand for a billion words. */
const bomb = Array.from({ length: 9 }, (_, index) => {
  const inner = index === 0 ? '"lol"' : `*a${index - 1}`;
  return `a${index}: &a${index} [${Array(10).fill(inner).join(', ')}]`;
}).join('\n');

export const badDocuments: BadDocument[] = [
  yaml('a bomb of aliases', `name: shop\n${bomb}\n`, 'line 3, column 10: the document has the alias *a0; '),
  yaml(
    'a bomb of depth',
    `name: shop\nreservations: ${'['.repeat(50_000)}`,
    /^line 2, column \d+: .* nested too deeply$/,
  ),
  yaml('a bomb of depth in maps', '{a: '.repeat(20_000), /^line 1, column \d+: the document is nested too deeply$/),
  json('a bomb of depth', `${'['.repeat(200_000)}${']'.repeat(200_000)}`, /^line 1, column \d+: .* nested too deeply$/),
  yaml('a key twice', 'name: shop\nreservations: []\nname: web\n', 'line 3, column 1: the document names a key twice'),
  json('a key twice', '{\n  "name": "shop",\n  "name": "web"\n}', 'line 3, column 3: the document names a key twice'),
  json(
    'a key twice, once in escapes',
    '{"name": "shop", "\\u006eame": "web"}',
    'line 1, column 18: the document names a key twice',
  ),
  yaml(
    'a range twice',
    reservations('startPort: 5000', 'startPort: 6000', 'startPort: 5000'),
    'line 5, column 3: reservations.2 (tcp 5000) is there already: reservations.0 (tcp 5000)',
  ),
  yaml(
    'ranges that overlap',
    reservations('startPort: 5005', 'startPort: 5000, numberOfPorts: 6'),
    'line 4, column 3: reservations.1 (tcp 5000-5005) overlaps reservations.0 (tcp 5005)',
  ),
  yaml(
    'ranges that overlap with another in between',
    reservations('startPort: 5000, numberOfPorts: 9', 'startPort: 5001', 'startPort: 5008'),
    'line 4, column 3: reservations.1 (tcp 5001) overlaps reservations.0 (tcp 5000-5008); line 5, column 3: reservations.2 ',
  ),
  yaml(
    'a reservation and an exclusion that overlap in UDP',
    `${reservations('startPort: 5000')}- { protocol: [tcp, udp], startPort: 53, numberOfPorts: 2 }\nexclusions:\n- { protocol: udp, startPort: 54 }\n`,
    'line 6, column 3: exclusions.0 (udp 54) overlaps reservations.1 (udp 53-54)',
  ),
  yaml('an unknown key', 'name: shop\nreservation: []\n', 'line 2, column 1: reservation is not a known key'),
  yaml(
    'an unknown key of an entry',
    reservations('startPort: 1, port: 2'),
    'line 3, column 34: reservations.0.port is not ',
  ),
  json(
    'a key that is no own one',
    '{"name": "shop", "__proto__": {}}',
    'line 1, column 18: __proto__ is not a known key',
  ),
  yaml('a merge key', 'name: shop\n<<: { reservations: [] }\n', 'line 2, column 1: << is not a known key'),
  yaml('port 0', reservations('startPort: 0'), 'line 3, column 20: reservations.0.startPort must be 1 to 65535'),
  yaml(
    'port 65536',
    reservations('startPort: 65536'),
    'line 3, column 20: reservations.0.startPort must be 1 to 65535',
  ),
  yaml(
    'half a port',
    reservations('startPort: 80.5'),
    'line 3, column 20: reservations.0.startPort must be a whole number, 1 ',
  ),
  yaml(
    'a port in words',
    reservations('startPort: "80"'),
    'line 3, column 20: reservations.0.startPort must be a whole number',
  ),
  yaml(
    'a range past the last port',
    reservations('startPort: 65530, numberOfPorts: 7'),
    'line 3, column 38: reservations.0.numberOfPorts must be at most 6 with startPort 65530: the last port is 65535',
  ),
  yaml('no start port', reservations('name: web'), 'line 3, column 3: reservations.0.startPort is required'),
  yaml(
    'an unknown protocol',
    'name: a\nexclusions:\n- { protocol: sctp, startPort: 1 }',
    'line 3, column 5: exclusions.0.protocol must be tcp, udp, or a list of one or both',
  ),
  yaml(
    'no protocol in a list',
    'name: a\nexclusions:\n- { protocol: [], startPort: 1 }',
    'line 3, column 5: exclusions.0.protocol must be tcp, udp, ',
  ),
  yaml(
    'an unknown store',
    'name: a\nexclusions:\n- { protocol: tcp, startPort: 1, store: x }',
    'line 3, column 34: exclusions.0.store must be one of active, persistent',
  ),
  yaml('no name', 'reservations: []\n', 'line 1, column 1: name is required'),
  yaml(
    'a name with a control character',
    'name: "shop\\a"\n',
    'line 1, column 1: name must not contain control characters',
  ),
  yaml(
    'a name with half of a surrogate pair',
    'name: "shop\\ud800"\n',
    'line 1, column 1: name must not contain half of a surrogate pair',
  ),
  yaml('a name that is too long', `name: ${'x'.repeat(101)}\n`, 'line 1, column 1: name must be 1 to 100 characters'),
  yaml(
    'an entry that is nothing',
    'name: shop\nreservations:\n-\n',
    'line 3, column 2: reservations.0 must be an object',
  ),
  yaml(
    'an unknown key that is nothing',
    'name: shop\nreservation:\n',
    'line 2, column 1: reservation is not a known key',
  ),
  yaml('nothing', '', 'the document is empty: it needs a name at least'),
  json('nothing', '', 'line 1, column 1: the document is not JSON: Unexpected end of JSON input'),
  yaml('a comment alone', '# to do\n', 'the document is empty: it needs a name at least'),
  json('null', 'null', 'the document is empty: it needs a name at least'),
  json('a list', '[]', 'line 1, column 1: the document must be an object'),
  yaml('a word', 'shop\n', 'line 1, column 1: the document must be an object'),
  yaml(
    'a tab as indentation',
    'name: shop\nreservations:\n\t- protocol: tcp\n',
    'line 3, column 1: the document is not YAML: Tabs are not allowed',
  ),
  yaml('two documents', 'name: shop\n---\nname: web\n', 'line 2, column 1: the document has a second YAML document; '),
  yaml('a tag', 'name: !!js/function shop\n', 'line 1, column 7: the document has a tag that is not read here'),
  yaml(
    'a text without an end',
    'name: "shop\n',
    /^line \d, column \d+: the document is not YAML: Missing closing "quote/,
  ),
  yaml('a key that is a list', 'name: shop\n? [a, b]\n: 1\n', 'line 1, column 1: [ a, b ] is not a known key'),
  json(
    'a comma at the end',
    '{\n  "name": "shop",\n}',
    'line 3, column 1: the document is not JSON: Expected double-quoted property name',
  ),
  json('a comment', '{ "name": "shop" // mine\n}', "line 1, column 18: the document is not JSON: Expected ',' or '}'"),
  json(
    'single quotes',
    "{ 'name': 'shop' }",
    "line 1, column 3: the document is not JSON: Expected property name or '}'",
  ),
  json(
    'more behind the end',
    '{ "name": "shop" }\n{}',
    'line 2, column 1: the document is not JSON: Unexpected non-whitespace',
  ),
  json(
    'half of it',
    '{ "name": "shop",\n  "reservations": [',
    'line 2, column 20: the document is not JSON: Unexpected end',
  ),
  yaml('very many keys', `name: shop\n${'x: 1\n'.repeat(50_000)}`, /^line \d+, column \d: .* write it as JSON$/),
  yaml('very many braces', '{}'.repeat(400_000), 'line 1, column 4: the document is not YAML: Unexpected flow-map-end'),
  yaml(
    'very many anchors',
    `- ${'&a '.repeat(20_000)}x`,
    'line 1, column 6: the document is not YAML: A node can have at',
  ),
  yaml(
    'a very long text',
    `name: >\n${' x\n\n'.repeat(250_000)}`,
    'line 2, column 1: the document has a text of more than',
  ),
  yaml('lists in lists on one line', '- '.repeat(500_000), 'line 1, column 65: the document is nested too deeply'),
  json('very many keys', `{${'"x":1,'.repeat(50_001)}"name":"shop"}`, 'the document must have at most 50000 values'),
  json(
    'a key twice behind many others',
    `{${Array.from({ length: 9000 }, (_, index) => `"k${index}":1`).join()},\n"k0":1}`,
    'line 2, column 1: the document names a key twice',
  ),
  json(
    'more entries than a machine has use for',
    JSON.stringify({ name: 'shop', reservations: Array(5001).fill({ protocol: 'tcp', startPort: 1 }) }),
    'line 1, column 16: reservations must have at most 5000 items',
  ),
  yaml('more than 1 MiB', `name: shop # ${'x'.repeat(1024 * 1024)}`, 'the document must be at most 1048576 bytes long'),
];
