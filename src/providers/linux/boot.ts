import { dirname } from 'node:path';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, RepeatedList } from '../../protocol/generated/contract.ts';
import { minus, PortSet } from '../../protocol/port-set.ts';
import { formatRange } from '../../protocol/ranges.ts';
import { noMarks } from './marks.ts';
import { parseOwnFile, valueIn } from './own-file.ts';
import { planChange, type State } from './plan.ts';
import { parsePortList } from './port-list.ts';
import { type Assignment, type SysctlPaths, settingName } from './sysctl-files.ts';

/**
 * Whose list the next restart begins with, where it is not ours. systemd reads no /etc/sysctl.conf but by a link in sysctl.d,
 * which comes before our file; other systems run `sysctl --system`, which reads it last.
 */
export function winnerAtBoot({ others, isRestoredWhole }: State, { main }: SysctlPaths): Assignment | undefined {
  return others.after.findLast(({ file }) => file !== main || !isRestoredWhole);
}

/** What sets the list at the next restart: the last file that has it. */
export function portsAtBoot(state: State, paths: SysctlPaths): PortSet {
  const { own, others, text } = state;
  const winner = winnerAtBoot(state, paths);
  if (winner) return winner.ports;
  const ours = text === undefined ? '' : valueIn(own);
  if (ours !== '') return parsePortList(ours) ?? new PortSet();
  return others.before.at(-1)?.ports ?? new PortSet();
}

/** What the line in /etc/sysctl.conf does to what is to last; undefined where there is none. */
export function aboutMain({ others, isRestoredWhole }: State, { main, own }: SysctlPaths): string | undefined {
  if (!others.after.some(({ file }) => file === main)) return undefined;
  const move = `Move that line into a file of ${dirname(own)} whose name begins with a number.`;
  return isRestoredWhole
    ? `${main} sets ${settingName}. At a restart systemd applies ${own} after it, so nothing is lost; whoever runs \`sysctl -p\` or \`sysctl --system\` sets that list alone, until the next change or restart. ${move}`
    : `${main} sets ${settingName} and is applied after ${own}: from the next restart on the system may hand out what is reserved or excluded here, until the next change. ${move}`;
}

/** How what our file repeats differs from what others' files set now; undefined where it does not, or nothing can be done. */
export function repeatedAnew(state: State, { own: file }: SysctlPaths): RepeatedList | undefined {
  const copied = copiedNext(state);
  if (!copied) return undefined;
  const added = minus(copied, state.own.copied).ranges();
  const removed = minus(state.own.copied, copied).ranges();
  return added.length + removed.length > 0 ? { file, added, removed } : undefined;
}

function copiedNext(state: State): PortSet | undefined {
  if (state.text === undefined) return undefined;
  try {
    const { text } = planChange(state, noMarks, noMarks);
    return text === undefined ? undefined : parseOwnFile(text, state.start).copied;
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}

const listed = (ranges: readonly PortRange[]) => ranges.map((range) => formatRange(range)).join(',');

/** What is different, as a clause. */
const changed = ({ added, removed }: RepeatedList): string =>
  [added.length > 0 && `${listed(added)} is new`, removed.length > 0 && `${listed(removed)} is gone`]
    .filter(Boolean)
    .join(', and ');

/** As it is told before the next change. */
export const toBeRepeated = (one: RepeatedList): string =>
  `Other files of sysctl.d have changed, and ${one.file} repeats them as they were: ${changed(one)}. The next change repeats them as they are.`;

/** As it is told of the change. */
export const isRepeated = (one: RepeatedList): string =>
  `Other files of sysctl.d have changed, and ${one.file} repeats them as they are now: ${changed(one)}.`;
