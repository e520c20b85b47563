/** What the text of /proc/<pid>/stat says. */
export interface ProcessStat {
  state: string;
  parent: number;
  group: number;
  /** The process group that has the terminal. */
  foregroundGroup: number;
  /** Whether it is a copy of its parent that has become no other program. */
  isCopy: boolean;
  /** When it started, counted from the start of the system. */
  startTicks: string;
}

/** PF_FORKNOEXEC of linux/sched.h */
const forkedOnly = 0x40;

/** Takes the text apart (proc_pid_stat(5)). */
export function parseProcessStat(text: string): ProcessStat {
  // The name before the last parenthesis may itself hold spaces and parentheses. What follows begins with field 3.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => fields[number - 3] ?? '';
  return {
    state: field(3),
    parent: Number(field(4)),
    group: Number(field(5)),
    foregroundGroup: Number(field(8)),
    isCopy: (Number(field(9)) & forkedOnly) !== 0,
    startTicks: field(22),
  };
}
