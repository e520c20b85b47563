import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type EnforcementChoice,
  type ExclusionStore,
  type Label,
  labelFields,
  type PortRange,
  type Protocol,
  type ProviderChoice,
  wordsOf,
} from '../protocol/generated/contract.ts';
import { maximumPort } from '../protocol/ranges.ts';

/** What every command takes. */
export interface CommonOptions {
  json?: boolean;
  provider?: ProviderChoice;
}

export const providerOption = () =>
  new Option('--provider <name>', 'how it is carried out').choices(wordsOf.ProviderChoice).default('auto');

/** Adds what every command takes. */
export function withCommon(command: Command): Command {
  return command
    .addOption(providerOption())
    .option('--json', "one JSON document of the protocol's objects, for programs");
}

/** A whole number, `least` to `most`. */
export const wholeNumber =
  (most: number, least = 1) =>
  (word: string): number => {
    const value = /^\d{1,9}$/.test(word) ? Number(word) : 0;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number, ${least} to ${most}.`);
  };

/** A port. */
export const port = wholeNumber(maximumPort);

const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `30s`, `500ms`, `2m`, `1h`, or seconds: milliseconds. */
export function duration(word: string): number {
  const [, number, unit = 's'] = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)?$/.exec(word) ?? [];
  if (number !== undefined) return Number(number) * units[unit as keyof typeof units];
  throw new InvalidArgumentError('It must be a time: 30s, 500ms, 2m or 1h.');
}

const oneRange = /^:?(\d{1,5})(?:-(\d{1,5}))?$/;

/** `5000-5009`, `5000`, or `:5000` as addresses end; undefined where it is neither. */
export function parseRange(word: string): PortRange | undefined {
  const [, first, last = first] = oneRange.exec(word) ?? [];
  const startPort = Number(first);
  const numberOfPorts = Number(last) - startPort + 1;
  return startPort >= 1 && Number(last) <= maximumPort && numberOfPorts >= 1 ? { startPort, numberOfPorts } : undefined;
}

/** A range. */
export function range(word: string): PortRange {
  const parsed = parseRange(word);
  if (parsed) return parsed;
  throw new InvalidArgumentError(`It must be a port, 1 to ${maximumPort}, or first and last of them: 5000-5009.`);
}

/** Ranges with commas between, after those of earlier words. */
export const ranges = (word: string, before: PortRange[] = []): PortRange[] => [
  ...before,
  ...word.split(',').map(range),
];

const isProtocol = (word: string): word is Protocol => (wordsOf.Protocol as readonly string[]).includes(word);

/** `tcp`, `udp`, or both with a comma. */
function protocols(words: string): Protocol[] {
  const known = new Set<Protocol>();
  for (const word of words.toLowerCase().split(',')) {
    if (!isProtocol(word)) throw new InvalidArgumentError('It must be tcp, udp, or tcp,udp.');
    known.add(word);
  }
  return [...known];
}

export const protocolOption = (description: string) =>
  new Option('--protocol <protocols>', description).argParser(protocols);

/** The block that a command reserves. */
export interface BlockOptions extends CommonOptions {
  protocol: Protocol[];
  numberOfPorts: number;
  startPort?: number;
  within?: PortRange;
}

const labelHelp: Record<keyof Label, [value: string, meaning: string]> = {
  name: ['<name>', 'a name to find it by'],
  reason: ['<text>', 'why, for the next reader'],
  document: ['<name>', 'which desired-state document asked for it'],
};

/** Adds the label that is given to what is made. */
export const withLabel = (command: Command): Command =>
  labelFields.reduce((all, field) => all.option(`--${field} ${labelHelp[field][0]}`, labelHelp[field][1]), command);

/** The same as the service takes it. */
export const labelGiven = (options: Label): Label =>
  given(Object.fromEntries(labelFields.map((field) => [field, options[field]])));

/** Who is to be stopped, and who let in. */
export interface EnforcementOptions {
  enforcement?: EnforcementChoice;
  allowUser?: string;
  allowService?: string;
  allowPrivileged?: boolean;
}

export const enforcementOption = () =>
  new Option('--enforcement <what>', 'kernel: refuse every bind but of those let in; Linux: as root').choices(
    wordsOf.EnforcementChoice,
  );

/** Adds who is to be stopped, and who let in. */
export const withEnforcement = (command: Command): Command =>
  command
    .addOption(enforcementOption())
    .option('--allow-user <user>', 'Linux: let in the processes of this user, too')
    .option('--allow-service <unit>', 'Linux: let in this service or socket of systemd, too')
    .option('--allow-privileged', 'Linux: those let in need no right to bind ports below 1024');

/** The same as the service takes it. */
export function enforcementGiven(options: EnforcementOptions) {
  const { enforcement, allowUser: user, allowService: service, allowPrivileged: privileged } = options;
  const allow = given({ user, service, privileged });
  return given({ enforcement, allow: Object.keys(allow).length > 0 ? allow : undefined });
}

/** Only what this document asked for. */
export const documentOption = () => new Option('--document <name>', 'only what this document asked for');

export const whatIfOption = () => new Option('--what-if', 'say what would be done, and do nothing');

export const storeOption = () =>
  new Option('--store <store>', 'how long: active is until the next restart of the system')
    .choices(wordsOf.ExclusionStore)
    .default('persistent' satisfies ExclusionStore);

/** Adds what says which block is to be reserved. @param protocols what several of them mean */
export function withBlock(command: Command, protocols: string): Command {
  return withPorts(command)
    .addOption(new Option('--start-port <port>', 'the first port; a free block is found if absent').argParser(port))
    .addOption(anotherWord('--port <port>', 'startPort').argParser(port))
    .addOption(protocolOption(protocols).default(['tcp'], 'tcp'))
    .addOption(withinOption());
}

/** The same as the service takes it. */
export const blockOf = ({ protocol, numberOfPorts, startPort, within }: BlockOptions) =>
  given({ protocol, numberOfPorts, startPort, within });

/** For scripts: PORT=$(portreservation find --plain). */
export const plainOption = () =>
  new Option('--plain', 'the bare port numbers, one a line, for scripts').conflicts('json');

/** Adds how many ports. */
export const withPorts = (command: Command): Command =>
  command
    .addOption(new Option('--ports, --number-of-ports <n>', 'how many consecutive ports').argParser(port).default(1))
    .addOption(anotherWord('--count <n>', 'numberOfPorts').argParser(port));

/** What people type for an option that is called otherwise; the help has one word for each. */
function anotherWord(flags: string, attribute: string): Option {
  const option = new Option(flags).hideHelp();
  option.attributeName = () => attribute;
  return option;
}

export const withinOption = () =>
  new Option('--within <range>', 'where to look; from 10000 up to the dynamic range if absent').argParser(range);

/** Without the keys that were not given. */
export const given = (values: object) =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
