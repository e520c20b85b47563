import type { Argument, Command, Option } from 'commander';
import type { PortExclusion, Reservation } from '../../protocol/generated/contract.ts';
import { formatRange } from '../../protocol/ranges.ts';
import { escapeWildcards } from '../../protocol/wildcard.ts';
import { nameOf } from '../views.ts';

/** A word that may stand where the cursor is. */
export interface Candidate {
  word: string;
  description?: string;
}

/** What the words before the cursor leave open. */
type Place =
  | { kind: 'value'; command: Command; option: Option }
  | { kind: 'word'; command: Command; argument: Argument | undefined; mayBeOption: boolean }
  /** The words of another program. */
  | { kind: 'foreign' };

const isAboutExclusions = ({ parent }: Command) => parent?.name() === 'exclude';

const allOf = (command: Command, look: Look): Promise<readonly Named[]> =>
  isAboutExclusions(command) ? look.exclusions() : look.reservations();

const optionOf = (command: Command, word: string) =>
  command.options.find(({ short, long }) => word !== '' && (short === word || long === word));

/** Follows the words as the parser does, as far as they go. */
function placeAfter(root: Command, words: readonly string[]): Place {
  let command = root;
  let operands = 0;
  let mayBeOption = true;
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (mayBeOption && word === '--') {
      mayBeOption = false;
      continue;
    }
    if (mayBeOption && word.startsWith('-')) {
      const option = optionOf(command, word);
      if (!option?.required) continue;
      if (index === words.length - 1) return { kind: 'value', command, option };
      index++;
      continue;
    }
    const below = command.commands.find((one) => one.name() === word || one.aliases().includes(word));
    if (below) command = below;
    else if (command.name() === 'exec') return { kind: 'foreign' };
    else operands++;
  }
  if (command.name() === 'exec' && !mayBeOption) return { kind: 'foreign' };
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  const argument = registeredArguments[operands] ?? (last?.variadic ? last : undefined);
  return { kind: 'word', command, argument, mayBeOption };
}

/** What can be seen, asked for only where a name or a range may stand. */
export interface Look {
  reservations(): Promise<readonly Reservation[]>;
  /** Those made here. */
  exclusions(): Promise<readonly PortExclusion[]>;
}

type Named = Pick<Reservation, 'name' | 'protocol' | 'range' | 'document'> &
  Partial<Pick<Reservation, 'lifetime'> & Pick<PortExclusion, 'store'>>;

function names(all: readonly Named[]): Candidate[] {
  const named = new Map<string, string>();
  for (const { name, protocol, range } of all) {
    if (name !== undefined && !named.has(name)) named.set(name, nameOf({ protocol, range }));
  }
  return [...named].map(([word, description]) => ({ word, description }));
}

/** The same where a pattern may stand. */
const patterns = (all: readonly Named[]): Candidate[] =>
  names(all).map(({ word, description }) => ({ word: escapeWildcards(word), description }));

/** Names, and the ranges of what has none: a range means TCP. */
function selectors(all: readonly Named[], namesOf: typeof names): Candidate[] {
  const nameless = all.filter(({ name, protocol }) => name === undefined && protocol === 'tcp');
  const ranges = nameless.map((item) => ({
    word: formatRange(item.range),
    description: `${item.lifetime ?? item.store} tcp`,
  }));
  return [...namesOf(all), ...ranges];
}

function documents(all: readonly Named[]): Candidate[] {
  const found = new Set(all.map(({ document }) => document));
  return plain([...found].filter((one) => one !== undefined));
}

const plain = (words: readonly string[]): Candidate[] => words.map((word) => ({ word }));

async function valuesOf({ long, argChoices }: Option, command: Command, look: Look): Promise<Candidate[]> {
  if (argChoices) return plain(argChoices);
  if (long === '--protocol') return plain(['tcp', 'udp', 'tcp,udp']);
  if (long === '--document') return documents(await allOf(command, look));
  if (command.name() !== 'remove' || isAboutExclusions(command)) return [];
  const all = await look.reservations();
  if (long === '--name') return patterns(all);
  const tokens = all.filter(({ token }) => token !== undefined);
  return long === '--token' ? tokens.map((item) => ({ word: item.token!, description: nameOf(item) })) : [];
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ short, long, description }) =>
      [short, long].flatMap((word) => (word?.startsWith('--') ? [{ word, description }] : [])),
    );
}

async function operandsOf(command: Command, argument: Argument | undefined, look: Look): Promise<Candidate[]> {
  if (!argument) {
    const commands = command.createHelp().visibleCommands(command);
    return commands.map((one) => ({ word: one.name(), description: one.summary() }));
  }
  if (argument.argChoices) return plain(argument.argChoices);
  switch (argument.name()) {
    case 'names':
      return patterns(await allOf(command, look));
    case 'reservations':
      return selectors(await look.reservations(), command.name() === 'test' ? patterns : names);
    case 'exclusions':
      return selectors(await look.exclusions(), names);
    default:
      return [];
  }
}

/**
 * What may stand where the cursor is.
 * @param words all words behind the program's name up to the cursor; the last is the one to complete, perhaps empty
 */
export async function candidates(root: Command, words: readonly string[], look: Look): Promise<Candidate[]> {
  const current = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const place = placeAfter(root, before);
  if (place.kind === 'foreign') return [];
  const fitting = (found: Candidate[]) => found.filter(({ word }) => word.startsWith(current));
  if (place.kind === 'value') return fitting(await valuesOf(place.option, place.command, look));
  const { command, argument, mayBeOption } = place;
  if (mayBeOption && current.startsWith('-')) return fitting(optionsOf(command));
  const operands = fitting(await operandsOf(command, argument, look));
  return operands.length > 0 || current !== '' || !mayBeOption ? operands : optionsOf(command);
}
