import { readFileSync, readlinkSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { runningProcesses } from '../../../machine/running-processes.ts';
import { unlessHidden } from '../../../machine/unless-hidden.ts';
import type { Remedy } from '../../../protocol/generated/contract.ts';
import { toRun } from '../../../protocol/remedies.ts';
import { lineOf, type Program, programOf, userOf } from '../process-facts.ts';
import { madeFor } from './units.ts';

/** What a program is told that would start what it watches over again. */
export interface SupervisedEnd {
  /** Absent where it cannot be told, or of what is not known. */
  end?: Remedy;
  note: string;
}

/** A process that is started again, and the one that does it. */
interface Supervised {
  processId: number;
  supervisor: number;
}

interface Supervisor {
  name: string;
  isIt(program: Program): boolean;
  /** What makes it end one of its processes for good. */
  stop(one: Supervised): string | undefined;
  /** Whether that ends what the process has started, too. */
  endsAll?: boolean;
}

/** What a shell takes as one word, as it stands: what is shown may be run by somebody with more rights. */
const plainWord = /^[\w@%+=:,./-]+$/;
const isPlain = (word: string | undefined): word is string => word !== undefined && plainWord.test(word);

/** The variable with which the process was started. */
const variableOf = (processId: number, name: string): string | undefined =>
  unlessHidden(() => readFileSync(`/proc/${processId}/environ`, 'utf8'))
    ?.split('\0')
    .find((one) => one.startsWith(`${name}=`))
    ?.slice(name.length + 1);

/** Its folder is that of the service. */
const folderOf = ({ supervisor }: Supervised): string | undefined =>
  unlessHidden(() => readlinkSync(`/proc/${supervisor}/cwd`));

const supervisors: readonly Supervisor[] = [
  {
    name: 'supervisord',
    isIt: ({ argv }) => argv.slice(0, 2).some((word) => basename(word) === 'supervisord'),
    stop: ({ processId, supervisor }) => {
      const [group, name] = ['GROUP', 'PROCESS'].map((kind) => variableOf(processId, `SUPERVISOR_${kind}_NAME`));
      const file = configurationOf(programOf(supervisor).argv);
      if (!isPlain(group) || !isPlain(name) || (file !== undefined && !(isPlain(file) && isAbsolute(file)))) {
        return undefined;
      }
      return `supervisorctl ${file ? `-c ${file} ` : ''}stop ${group === name ? name : `${group}:${name}`}`;
    },
  },
  {
    name: 'runit',
    isIt: ({ comm }) => comm === 'runsv',
    stop: (one) => {
      const folder = folderOf(one);
      return isPlain(folder) ? `sv stop ${folder}` : undefined;
    },
  },
  {
    name: 's6',
    isIt: ({ comm }) => comm === 's6-supervise',
    stop: (one) => {
      const folder = folderOf(one);
      return isPlain(folder) ? `s6-svc -d ${folder}` : undefined;
    },
  },
  {
    name: 'pm2',
    isIt: isPm2,
    endsAll: true,
    stop: ({ processId }) => {
      const id = variableOf(processId, 'pm_id');
      return id !== undefined && /^\d+$/.test(id) ? `pm2 stop ${id}` : undefined;
    },
  },
];

function isPm2({ argv }: Program): boolean {
  return /^PM2 .*God Daemon/.test(argv.join(' '));
}

/** `-c FILE` in any of its forms. */
function configurationOf(argv: readonly string[]): string | undefined {
  for (const [index, word] of argv.entries()) {
    if (word === '-c' || word === '--configuration') return argv[index + 1];
    const attached = /^(?:-c|--configuration=)(.+)$/.exec(word)?.[1];
    if (attached !== undefined) return attached;
  }
  return undefined;
}

/** What ends the processes for good, where a program watches over all of them; undefined where none does. */
export function endOfSupervised(processIds: readonly number[], userId: number | undefined): SupervisedEnd | undefined {
  const found = new Map<number, { one: Supervised; by: Supervisor }>();
  for (const holder of processIds) {
    // It has the port itself, for those that it watches over.
    if (isPm2(programOf(holder)))
      return { note: 'pm2 has it for one of its programs: pm2 list names it, pm2 stop ends it' };
    const supervised = supervisedIn(holder);
    if (!supervised) return undefined;
    found.set(supervised.one.processId, supervised);
  }
  const [first, ...more] = found.values();
  if (!first || more.length > 0) return undefined;
  const { one, by } = first;
  const inside = new Set(runningProcesses().filter((id) => lineOf(id).includes(one.processId)));
  const made = madeFor(processIds, one.processId, inside);
  if (!made) return undefined;
  const stop = by.stop(one);
  const note = `${by.name} starts it again where it only ends`;
  if (stop === undefined) return { note };
  const { others } = made;
  const stops = others.length > 0 ? `what else it runs: ${others.join(', ')}` : undefined;
  const sudo = (asked: number) => (userId === 0 || userOf(asked) === userId ? '' : 'sudo ');
  // Its programs are kept in the home of who started it.
  const isOthersHome = by.name === 'pm2' && sudo(one.supervisor) !== '';
  const who = isOthersHome ? `sudo -iu '#${userOf(one.supervisor)}' ` : sudo(one.supervisor);
  // A shell in between goes, and leaves what it started.
  const isBelow = !by.endsAll && !processIds.includes(one.processId);
  const rest = isBelow ? `; ${sudo(processIds[0]!)}kill ${processIds.join(' ')}` : '';
  return { note, end: toRun(`${who}${stop}${rest}`, stops) };
}

/** The process itself, or the one that it comes from, that a supervisor started. */
function supervisedIn(holder: number): { one: Supervised; by: Supervisor } | undefined {
  const line = lineOf(holder);
  for (const [index, supervisor] of line.slice(1).entries()) {
    const program = programOf(supervisor);
    const by = supervisors.find((kind) => kind.isIt(program));
    if (by) return { one: { processId: line[index]!, supervisor }, by };
  }
  return undefined;
}
