import { existsSync } from 'node:fs';
import { ServiceError } from '../../protocol/errors.ts';
import { common, isEmpty, minus, type PortSet } from '../../protocol/port-set.ts';
import { type LiveList, longestWrite, thisList } from './live-list.ts';
import { bothMarks, hasMore, lastingMarks, type Marks, portsMarked, withoutMarks } from './marks.ts';
import { formatOwnFile, formatPassingFile, type OwnFile, parseOwnFile, readOwnText, valueIn } from './own-file.ts';
import { type AssignmentsOfOthers, assignmentsOfOthers, portsOfOthers, type SysctlPaths } from './sysctl-files.ts';

/** What has to be done to the live list and to our file. */
export interface Plan {
  readonly add: PortSet;
  readonly remove: PortSet;
  /** The new text of our file; undefined: no file. */
  readonly text: string | undefined;
  readonly changesFile: boolean;
  /** The new text of the file that is gone with the next restart, and the old one. */
  readonly passing: { readonly text: string | undefined; readonly before: string | undefined };
  /** Whether what lasts stays as it is. */
  readonly isPassing: boolean;
  /** Whether it is more than repeating what others' files set now. */
  readonly changesOurs: boolean;
}

/**
 * Our file as it should be. Others' entries are repeated as they are now; if that makes the list too long and nothing of
 * ours is new, as they were, so that others' long lists never keep a reservation from being released.
 */
function nextContent({ own, others, isRestoredWhole }: State, marks: Marks, freed: PortSet, grows: boolean): OwnFile {
  const copied = portsOfOthers(others);
  const added = minus(own.added, portsMarked(marks, lastingMarks), freed);
  const content = { ...own, marks, copied, added };
  const length = valueIn(content).length;
  if (length <= longestWrite || isRestoredWhole) return content;
  if (!grows) {
    const unrefreshed = { ...content, copied: own.copied };
    if (valueIn(unrefreshed).length <= Math.max(longestWrite, valueIn(own).length)) return unrefreshed;
  }
  throw new ServiceError(
    'NotSupported',
    `The list of reserved ports would be ${length} bytes long; what sets it at a restart keeps ${longestWrite} bytes and loses the rest, since systemd does not run this system.`,
    { hint: 'Release reservations, or reserve ranges side by side: neighbours become one entry of the list.' },
  );
}

/**
 * The way from this state to one with the ports of `keep` and without those of `free`. A port that is in both, or kept as
 * something else, stays: a range that changes its shape is never given back in between.
 * @throws ServiceError NotSupported when the list would get too long
 */
export function planChange(state: State, keep: Marks, free: Marks): Plan {
  const { own, live, others } = state;
  const marks = bothMarks(withoutMarks(own.marks, free), keep);
  const kept = portsMarked(marks);
  const freed = portsMarked(free);
  const lastsLonger = !isEmpty(minus(portsMarked(marks, lastingMarks), portsMarked(own.marks, lastingMarks)));
  const content = nextContent(state, marks, freed, lastsLonger);
  const add = minus(kept, live);
  const remove = common(minus(freed, kept, portsOfOthers(others)), live);
  const text = formatOwnFile(content, state);
  const changesOurs = hasMore(marks, own.marks) || hasMore(own.marks, marks) || !isEmpty(add) || !isEmpty(remove);
  const isPassing =
    !lastsLonger && isEmpty(minus(portsMarked(own.marks, lastingMarks), portsMarked(marks, lastingMarks)));
  const passing = { text: formatPassingFile(marks, state.start), before: state.passing };
  return { add, remove, text, passing, isPassing, changesFile: text !== state.text, changesOurs };
}

/** Who keeps which ports out of automatic choice, in one look. */
export interface State {
  readonly live: PortSet;
  /** Which start of the system and which network namespace the live list is of. */
  readonly start: string;
  /** The text of our file; undefined where there is none. */
  readonly text: string | undefined;
  /** The text of the file that is gone with the next restart. */
  readonly passing: string | undefined;
  readonly own: OwnFile;
  readonly others: AssignmentsOfOthers;
  /** Whether what sets the list at a restart sets one of any length. */
  readonly isRestoredWhole: boolean;
  /** How the command line is called on this machine. */
  readonly command: string;
}

/** @param others what others' files set, where that is known already */
export function readState(
  paths: SysctlPaths,
  live: LiveList,
  { command, others = assignmentsOfOthers(paths) }: { command: string; others?: AssignmentsOfOthers },
): State {
  const text = readOwnText(paths.own);
  const passing = readOwnText(paths.passing);
  const start = thisList();
  return {
    live: live.read(),
    start,
    text,
    passing,
    own: parseOwnFile(`${text ?? ''}\n${passing ?? ''}`, start),
    others,
    isRestoredWhole: existsSync(paths.systemd),
    command,
  };
}
