import type { PortSet } from '../../protocol/port-set.ts';
import type { LiveList } from './live-list.ts';
import { type OwnFile, parseOwnFile, readOwnText } from './own-file.ts';
import { type AssignmentsOfOthers, assignmentsOfOthers, type SysctlPaths } from './sysctl-files.ts';

/** Who keeps which ports out of automatic choice, in one look. */
export interface State {
  readonly live: PortSet;
  /** The text of our file; undefined where there is none. */
  readonly text: string | undefined;
  readonly own: OwnFile;
  readonly others: AssignmentsOfOthers;
}

export function readState(paths: SysctlPaths, live: LiveList): State {
  const text = readOwnText(paths.own);
  return { live: live.read(), text, own: parseOwnFile(text ?? ''), others: assignmentsOfOthers(paths) };
}
