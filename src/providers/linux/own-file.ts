import { constants } from 'node:fs';
import { isEmpty, minus, PortSet, union } from '../../protocol/port-set.ts';
import { lastingMarks, type Mark, type Marks, marksOf, passingMarks, portsMarked } from './marks.ts';
import { formatPortList, parsePortList } from './port-list.ts';
import { assignedPorts, assignedValue, readText } from './sysctl-files.ts';

/** What our sysctl.d file says, taken apart by whom it is from. */
export interface OwnFile {
  readonly marks: Marks;
  /** Repeated from other files, which ours would hide. */
  readonly copied: PortSet;
  /** Neither of these: added by hand, and kept. */
  readonly added: PortSet;
  /** How to undo it, as whoever wrote it first was called. */
  readonly undo: string | undefined;
  /** Other settings somebody put there, kept line by line. */
  readonly otherLines: readonly string[];
}

const key = 'net.ipv4.ip_local_reserved_ports';
const header = `# Written by PortReservation: the ports of its persistent reservations and its exclusions, which the system does not hand out by itself.
# The last file that sets this key wins, so it repeats what other files set.
`;

const undoNote = '# To undo: ';

/** How to undo it, by a command that is there on this machine. */
const undoLine = (command: string) =>
  `${undoNote}${command} remove, ${command} exclude remove. Without this file alone, the next change writes it again.`;

/** Some readers of these files cut a line at 4,096 bytes, and would take the rest of a comment for a setting. */
const portsPerLine = 40;

const copiedNote = 'from other files';
/** Which start of the system and which network namespace the ports are of that are excluded until the next one. */
const startNote = 'this start';

function noted(text: string, note: string): PortSet {
  const lines = text.split('\n').filter((line) => line.startsWith(`# ${note}: `));
  return union(...lines.map((line) => parsePortList(line.slice(note.length + 4)) ?? new PortSet()));
}

function noteLines(note: string, ports: PortSet): string {
  const entries = isEmpty(ports) ? [] : formatPortList(ports).split(',');
  let lines = '';
  while (entries.length > 0) lines += `# ${note}: ${entries.splice(0, portsPerLine).join(',')}\n`;
  return lines;
}

/**
 * What the text says.
 * @param start which live list this is; what the file says of an earlier one is past
 */
export function parseOwnFile(text: string, start: string): OwnFile {
  const isPast = !text.includes(`\n# ${startNote}: ${start}\n`);
  const isGone = (mark: Mark) => isPast && (passingMarks as readonly Mark[]).includes(mark);
  const marks = marksOf((mark) => (isGone(mark) ? new PortSet() : noted(text, mark)));
  const copied = noted(text, copiedNote);
  const added = minus(assignedPorts(text) ?? new PortSet(), portsMarked(marks, lastingMarks), copied);
  const otherLines = text.split('\n').filter((line) => /^\s*[^#;\s]/.test(line) && assignedValue(line) === undefined);
  const undo = text.split('\n').find((line) => line.startsWith(undoNote));
  return { marks, copied, added, undo, otherLines };
}

/** The file's text; undefined where there is none. A symbolic link in its place is refused. */
export const readOwnText = (file: string): string | undefined => readText(file, constants.O_NOFOLLOW);

/** The list that the file gives to the kernel at boot. */
export const valueIn = ({ marks, copied, added }: OwnFile): string =>
  formatPortList(union(portsMarked(marks, lastingMarks), copied, added));

/** The text of the file that is gone with the next restart: what is excluded until then; undefined where nothing is. */
export function formatPassingFile(marks: Marks, start: string): string | undefined {
  const notes = passingMarks.map((mark) => noteLines(mark, marks[mark])).join('');
  if (notes === '') return undefined;
  return `# Written by PortReservation: what it excludes until the next restart.\n# ${startNote}: ${start}\n${notes}`;
}

/**
 * The file's text; undefined when there is nothing left to say.
 * @param command how the command line is called here
 */
export function formatOwnFile(content: OwnFile, { command }: { command: string }): string | undefined {
  const { marks, copied, added, undo = undoLine(command), otherLines } = content;
  const idle = isEmpty(portsMarked(marks, lastingMarks)) && isEmpty(added);
  if (idle && otherLines.length === 0) return undefined;
  const notes = lastingMarks.map((mark) => noteLines(mark, marks[mark])).join('');
  const setting = idle ? '' : `${noteLines(copiedNote, copied)}${key} = ${valueIn(content)}\n`;
  const others = otherLines.map((line) => `${line}\n`).join('');
  return `${header}${undo}\n${notes}${setting}${others}`;
}
