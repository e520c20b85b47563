import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { parseProcessStat } from '../../machine/process-stat.ts';
import { unlessHidden } from '../../machine/unless-hidden.ts';
import { plainLine } from '../../protocol/plain-text.ts';
import { type Membership, parseControlGroup } from './control-group.ts';

const longestCommandLine = 1000;
/** TASK_COMM_LEN without the end. */
const longestComm = 15;

/** What /proc says of a process, as far as this user may see it. */
export interface ProcessFacts extends Membership {
  processName?: string;
  commandLine?: string;
  workingDirectory?: string;
}

export function processFacts(processId: number): ProcessFacts {
  const { comm, argv, executable } = programOf(processId);
  const read = (file: string) => unlessHidden(() => readFileSync(`/proc/${processId}/${file}`, 'utf8'));
  const processName = plainLine(programName(comm, argv, executable));
  const commandLine = plainLine(argv.join(' ').slice(0, longestCommandLine));
  const workingDirectory = plainLine(unlessHidden(() => readlinkSync(`/proc/${processId}/cwd`)) ?? '');
  return {
    ...(processName && { processName }),
    ...(commandLine && { commandLine }),
    ...(workingDirectory && { workingDirectory }),
    ...parseControlGroup(read('cgroup') ?? ''),
  };
}

/** What a process calls itself, and what it was started as. */
export interface Program {
  /** The name of its main thread. */
  comm: string;
  argv: string[];
  /** The path of its program. */
  executable: string;
}

export function programOf(processId: number): Program {
  const read = (file: string) => unlessHidden(() => readFileSync(`/proc/${processId}/${file}`, 'utf8')) ?? '';
  const executable = unlessHidden(() => readlinkSync(`/proc/${processId}/exe`)) ?? '';
  return {
    comm: read('comm').replace(/\n$/, ''),
    argv: read('cmdline').replace(/\0+$/, '').split('\0'),
    executable: executable.replace(/ \(deleted\)$/, ''),
  };
}

/**
 * The program's name. A process names its main thread after anything (Node 24: MainThread); where that has nothing to do with
 * what was started, the name is the program's, as it was called where that shows.
 */
export function programName(comm: string, argv: readonly string[], executable: string): string {
  const program = basename(executable);
  const called = basename(argv[0] ?? '');
  // A script's thread has the script's name.
  const names = [called, program, basename(argv[1] ?? '')];
  const full = names.find((name) => name !== '' && name.slice(0, longestComm) === comm);
  if (full !== undefined) return full;
  if (program === '') return comm || called;
  return called !== '' && program.startsWith(called) ? called : program;
}

/** The process that started it; undefined where it is gone, or none did. */
export function parentOf(processId: number): number | undefined {
  const stat = unlessHidden(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  return stat === undefined ? undefined : parseProcessStat(stat).parent || undefined;
}

/** The process and those that it comes from, up to the first one. */
export function lineOf(processId: number): number[] {
  const line: number[] = [];
  for (let at: number | undefined = processId; at !== undefined && !line.includes(at); at = parentOf(at)) line.push(at);
  return line;
}

/** Who runs it; undefined where it is gone. */
export const userOf = (processId: number): number | undefined => unlessHidden(() => statSync(`/proc/${processId}`).uid);

/** The names of users by their ids, as /etc/passwd has them. */
export function userNames(): (userId: number) => string {
  const text = unlessHidden(() => readFileSync('/etc/passwd', 'utf8')) ?? '';
  const names = new Map(
    text
      .split('\n')
      .map((line) => line.split(':'))
      .map((fields) => [fields[2], fields[0]]),
  );
  return (userId) => names.get(String(userId)) || String(userId);
}
