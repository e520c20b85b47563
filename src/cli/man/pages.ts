import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { Output } from '../output.ts';
import { program } from '../program.ts';
import type { Terminal } from '../rendering.ts';
import { flags, prose, section, terms, words } from './roff.ts';

/** What the pages say of their origin. */
export interface Origin {
  version: string;
  /** As 2026-01-31. */
  date: string;
}

/** Anything that the commands may look at: no page depends on who asks. */
const nobody = {
  ...{ stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), env: {} },
  ...{ platform: 'linux', pid: 1, execPath: '', argv: [], kill() {}, on() {}, off() {} },
} as unknown as Terminal;

const files: [string, string][] = [
  ['/var/lib/port\\-reservation', 'what root has reserved, with name, reason and owner'],
  ['~/.local/state/port\\-reservation', 'the same of another user'],
  ['/etc/sysctl.d/zz\\-port\\-reservation.conf', 'ports that the system does not hand out by itself, from boot on'],
  ['/etc/port\\-reservation', 'documents of the unit port\\-reservation@.service'],
];

/** The manual of each command that people see, by the page's name. */
export function manualPages(origin: Origin): Map<string, string> {
  const pages = new Map<string, string>();
  const add = (command: Command, path: readonly string[]) => {
    pages.set(path.join('-'), page(command, path, origin));
    for (const below of visible(command)) add(below, [...path, below.name()]);
  };
  const root = program(nobody, new Output(nobody));
  add(root, [root.name()]);
  return pages;
}

const visible = (command: Command): Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((below) => below.name() !== 'help') as Command[];

function page(command: Command, path: readonly string[], { version, date }: Origin): string {
  const name = words(path.join('-'));
  const help = command.createHelp();
  const isRoot = path.length === 1;
  return [
    `.TH ${name.toUpperCase()} 1 ${date} "portreservation ${version}" "User Commands"\n`,
    section('NAME', `${name} \\-\n${words(help.subcommandDescription(command)).replace(/\.$/, '')}`),
    section('SYNOPSIS', `.B ${words(path.join(' '))}\n${words(command.usage())}`),
    section('DESCRIPTION', [words(command.description()), alsoCalled(command)].filter(Boolean).join('\n.PP\n')),
    section(
      'ARGUMENTS',
      terms(help.visibleArguments(command).map((one) => [help.argumentTerm(one), help.argumentDescription(one)])),
    ),
    section(
      'OPTIONS',
      terms(help.visibleOptions(command).map((one) => [help.optionTerm(one), help.optionDescription(one)])),
    ),
    section(
      'COMMANDS',
      visible(command)
        .map((below) => `.TP\n.BR ${name}\\-${words(below.name())} (1)\n${words(help.subcommandDescription(below))}`)
        .join('\n'),
    ),
    section('NOTES', prose(after(command))),
    section('FILES', isRoot ? files.map(([file, text]) => `.TP\n${file}\n${text}`).join('\n') : ''),
    section(
      'ENVIRONMENT',
      isRoot ? '.TP\nPORT_RESERVATION_HOME\nthe folder where this user\\(aqs reservations are written down' : '',
    ),
    section('SEE ALSO', seeAlso(path)),
  ].join('');
}

const alsoCalled = (command: Command): string => {
  const names = command.aliases();
  return names.length === 0 ? '' : `Also called ${names.map((name) => flags(name)).join(', ')}.`;
};

/** What addHelpText put behind the lists. */
function after(command: Command): string {
  let all = '';
  command.configureOutput({
    writeOut: (text) => {
      all += text;
    },
  });
  command.outputHelp();
  const lists = command.helpInformation();
  return all.slice(all.indexOf(lists) + lists.length);
}

const seeAlso = (path: readonly string[]): string =>
  path.length === 1 ? '.BR sysctl.d (5),\n.BR ip (7)' : `.BR ${words(path.slice(0, -1).join('-'))} (1)`;
