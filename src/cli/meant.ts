import type { Command } from 'commander';

/** What people type who come from another program, and the words that do it here. */
const commandsOfOthers: Readonly<Record<string, string>> = {
  add: 'new',
  create: 'new',
  acquire: 'new',
  hold: 'new --pid',
  claim: 'new',
  start: 'exec',
  show: 'get',
  all: 'get',
  reservations: 'get',
  release: 'remove',
  delete: 'remove',
  del: 'remove',
  unreserve: 'remove',
  destroy: 'remove',
  drop: 'remove',
  kill: 'status',
  stop: 'status',
  who: 'status',
  why: 'status',
  ps: 'status',
  ss: 'status',
  lsof: 'status',
  netstat: 'status',
  inspect: 'status',
  info: 'status',
  explain: 'status',
  port: 'status',
  ports: 'status',
  listening: 'status',
  check: 'status',
  exclusion: 'exclude',
  exclusions: 'exclude list',
  ignore: 'exclude add',
  unexclude: 'exclude remove',
  random: 'find',
  'get-port': 'find',
  picture: 'map',
  import: 'apply',
  plan: 'apply --what-if',
  diff: 'apply --what-if',
  sync: 'apply',
  worker: 'serve --stdio',
  lsp: 'serve --stdio',
  server: 'serve --stdio',
  completions: 'completion',
};

/** The same of options; only what the command has is said. */
const optionsOfOthers: Readonly<Record<string, string>> = {
  '-p': '--start-port',
  '--from': '--start-port',
  '--start': '--start-port',
  '--first-port': '--start-port',
  '--number': '--ports',
  '--size': '--ports',
  '--tcp': '--protocol tcp',
  '--udp': '--protocol udp',
  '-t': '--protocol tcp',
  '-u': '--protocol udp',
  '--proto': '--protocol',
  '--range': '--within',
  '--between': '--within',
  '--dry-run': '--what-if',
  '--whatif': '--what-if',
  '--timeout': '--wait',
  '-q': '--quiet',
  '--silent': '--quiet',
  '--permanent': '--persistent',
  '--process': '--pid',
  '--comment': '--reason',
  '--description': '--reason',
  '--label': '--name',
  '--output': '--svg',
};

/** Near to another, and something else: --port 5000 is no --ports 5000. */
const farApart = new Set(['--port']);

const shortestGuess = 4;

/** One letter more, less, another, or two that changed places. */
function isOneSlipFrom(a: string, b: string): boolean {
  if (a.length > b.length) return isOneSlipFrom(b, a);
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  if (a.length < b.length) return b.length - a.length === 1 && a.slice(at) === b.slice(at + 1);
  const isSwapped = a[at] === b[at + 1] && a[at + 1] === b[at] && a.slice(at + 2) === b.slice(at + 2);
  return a.slice(at + 1) === b.slice(at + 1) || isSwapped;
}

/** The only one that the word can have been meant for: it begins so, or is a slip away. */
function nearest(word: string, all: readonly string[]): string | undefined {
  const begun = all.filter((one) => word.length >= 3 && one.startsWith(word));
  const found =
    begun.length > 0 ? begun : all.filter((one) => word.length >= shortestGuess && isOneSlipFrom(word, one));
  return found.length === 1 ? found[0] : undefined;
}

/** The command that an unknown word was meant for; none where there is more than one, or it would do something else. */
export function commandMeant(word: string, { parent, commands }: Command): string | undefined {
  const words = commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const near = nearest(word.toLowerCase(), words);
  return parent ? near : (commandsOfOthers[word.toLowerCase()] ?? near);
}

/** The same of an option. */
export function optionMeant(word: string, { options }: Command): string | undefined {
  const shown = options.filter(({ hidden }) => !hidden);
  const flags = shown.flatMap(({ short, long }) => [short, long]).filter((flag) => flag?.startsWith('--'));
  const known = (flag: string | undefined) => (flag && flags.includes(flag.split(' ')[0]) ? flag : undefined);
  const near = farApart.has(word) || !word.startsWith('--') ? undefined : nearestOption(word, flags as string[]);
  return known(optionsOfOthers[word]) ?? near;
}

const nearestOption = (word: string, flags: readonly string[]) => {
  const found = nearest(
    word.slice(2),
    flags.map((flag) => flag.slice(2)),
  );
  return found === undefined ? undefined : `--${found}`;
};
