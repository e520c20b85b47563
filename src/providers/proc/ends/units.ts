import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { unlessHidden } from '../../../machine/unless-hidden.ts';
import { type Membership, processesOfUnit } from '../control-group.ts';
import { lineOf, type ProcessFacts, type Program, parentOf, programOf, userOf } from '../process-facts.ts';

/** What only starts the one program that a unit is for; an interpreter is what it runs. */
const wrappers = new Set(
  'sh bash dash env npm npx yarn pnpm nodemon uv poetry pipenv sudo runuser su setpriv start-stop-daemon tini dumb-init conmon jsvc wrapper chpst s6-setuidgid s6-envdir execlineb'.split(
    ' ',
  ),
);
const interpreters = /^(?:node|nodejs|python)[\d.]*$/;

function isWrapper({ comm, argv, executable }: Program): boolean {
  const program = basename(executable);
  const [title = '', script = ''] = argv;
  // npm calls itself `npm start`.
  const names = [program, comm, title.split(' ')[0]!, ...(interpreters.test(program) ? [basename(script)] : [])];
  return names.some((name) => wrappers.has(basename(name).replace(/\.[cm]?js$/, '')));
}

/** Whether the process begins a unit: a service manager started it. */
function isMain(processId: number): boolean {
  const parent = parentOf(processId);
  return parent === 1 || (parent !== undefined && isManager(parent));
}

/** A systemd: the system's, or a user's own. */
export const isManager = (processId: number): boolean => programOf(processId).comm === 'systemd';

/** What a unit is to those who have the port. */
export interface UnitOfPort {
  /** Programs that stop with it and do not have the port. */
  others: string[];
}

/**
 * The unit, where it was made for these processes: its main process is one of them, or does nothing but start them.
 * Undefined where more lives there than they and theirs, as in the units of cron, of a terminal or of a CI runner.
 */
export function unitOf(
  processIds: readonly number[],
  { service }: Required<Pick<Membership, 'service'>>,
): UnitOfPort | undefined {
  const text = unlessHidden(() => readFileSync(`/proc/${processIds[0]}/cgroup`, 'utf8')) ?? '';
  const inside = processesOfUnit(text, service);
  if (!inside || processIds.some((id) => !inside.has(id))) return undefined;
  // Beside the container that it runs, it only waits.
  for (const id of inside) if (programOf(id).comm === 'podman') inside.delete(id);
  const mains = [...inside].filter((id) => !inside.has(parentOf(id) ?? 0));
  const [main] = mains;
  if (main === undefined || mains.length > 1 || !isMain(main)) return undefined;
  return madeFor(processIds, main, inside);
}

/**
 * Whether what begins with that process was made for those who have the port: it is one of them, or does nothing but start
 * them. Undefined where more lives there.
 * @param inside the process, and all that live with it
 */
export function madeFor(
  processIds: readonly number[],
  main: number,
  inside: ReadonlySet<number>,
): UnitOfPort | undefined {
  const having = new Set(processIds);
  const rest = [...inside].filter((id) => !having.has(id));
  if (having.has(main)) return { others: namesOf(rest) };
  // Above them there is nothing but what starts them, and below them is what is theirs.
  const above = new Set(processIds.flatMap((id) => lineOf(id)).filter((id) => inside.has(id) && !having.has(id)));
  const isTheirs = (id: number) => lineOf(id).some((one) => having.has(one));
  const isOnlyTheirs = rest.every((id) => above.has(id) || isTheirs(id));
  const startsOnly = [...above].every((id) => isWrapper(programOf(id)));
  return isOnlyTheirs && startsOnly ? { others: namesOf(rest.filter((id) => !above.has(id))) } : undefined;
}

const namesOf = (processIds: readonly number[]): string[] => [...new Set(processIds.map((id) => programOf(id).comm))];

/** How the service manager of the unit is told, by this user. */
export function systemctlFor(
  { isUserService, machine }: ProcessFacts,
  processId: number,
  userId: number | undefined,
): string {
  const sudo = userId === 0 ? '' : 'sudo ';
  if (machine) return `${sudo}systemctl -M ${machine}`;
  if (!isUserService) return `${sudo}systemctl`;
  const owner = userOf(processId);
  return owner === undefined || owner === userId ? 'systemctl --user' : `${sudo}systemctl --user -M ${owner}@`;
}

/** A shell would take the backslashes of an escaped name for its own. */
export const quoted = (unit: string): string => (unit.includes('\\') ? `'${unit}'` : unit);
