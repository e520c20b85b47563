import type { PortSet } from '../../protocol/port-set.ts';
import { thisList } from './list-journal.ts';
import type { LiveList } from './live-list.ts';
import { type OwnFile, parseOwnFile, readOwnText } from './own-file.ts';
import { type AssignmentsOfOthers, assignmentsOfOthers, type SysctlPaths } from './sysctl-files.ts';

/** Who keeps which ports out of automatic choice, in one look. */
export interface State {
  readonly live: PortSet;
  /** Which start of the system and which network namespace the live list is of. */
  readonly start: string;
  /** The text of our file; undefined where there is none. */
  readonly text: string | undefined;
  readonly own: OwnFile;
  readonly others: AssignmentsOfOthers;
}

/** @param others what others' files set, where that is known already */
export function readState(paths: SysctlPaths, live: LiveList, others = assignmentsOfOthers(paths)): State {
  const text = readOwnText(paths.own);
  const start = thisList();
  return { live: live.read(), start, text, own: parseOwnFile(text ?? '', start), others };
}
