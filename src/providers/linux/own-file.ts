import { constants } from 'node:fs';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { formatPortList, isEmpty, minus, parsePortList, union } from './port-list.ts';
import { assignedPorts, assignedValue, readText } from './sysctl-files.ts';

/** The ports of persistent reservations; the kernel's list knows no protocol, so a port may be there for both. */
export type Reserved = Readonly<Record<Protocol, PortSet>>;

/** What our sysctl.d file says, taken apart by whom it is from. */
export interface OwnFile {
  readonly reserved: Reserved;
  /** Repeated from other files, which ours would hide. */
  readonly copied: PortSet;
  /** Neither of these: added by hand, and kept. */
  readonly added: PortSet;
  /** Other settings somebody put there, kept line by line. */
  readonly otherLines: readonly string[];
}

const key = 'net.ipv4.ip_local_reserved_ports';
const header = `# Written by PortReservation: the ports of its persistent reservations, which the system does not hand out by itself.
# The last file that sets this key wins, so it repeats what other files set.
# To undo: remove the reservations (Remove-PortReservation). Without this file alone, the next change writes it again.
`;

/** Some readers of these files cut a line at 4,096 bytes, and would take the rest of a comment for a setting. */
const portsPerLine = 40;

const notes = { tcp: 'reserved tcp', udp: 'reserved udp', copied: 'from other files' };

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

/** What the text says. */
export function parseOwnFile(text: string): OwnFile {
  const reserved = { tcp: noted(text, notes.tcp), udp: noted(text, notes.udp) };
  const copied = noted(text, notes.copied);
  const added = minus(assignedPorts(text) ?? new PortSet(), reserved.tcp, reserved.udp, copied);
  const otherLines = text.split('\n').filter((line) => /^\s*[^#;\s]/.test(line) && assignedValue(line) === undefined);
  return { reserved, copied, added, otherLines };
}

/** The file's text; undefined where there is none. A symbolic link in its place is refused. */
export const readOwnText = (file: string): string | undefined => readText(file, constants.O_NOFOLLOW);

/** The list that the file gives to the kernel at boot. */
export const valueIn = ({ reserved, copied, added }: OwnFile): string =>
  formatPortList(union(reserved.tcp, reserved.udp, copied, added));

/** The file's text; undefined when there is nothing left to say. */
export function formatOwnFile(content: OwnFile): string | undefined {
  const { reserved, copied, added, otherLines } = content;
  const idle = isEmpty(reserved.tcp) && isEmpty(reserved.udp) && isEmpty(added);
  if (idle && otherLines.length === 0) return undefined;
  const marks = noteLines(notes.tcp, reserved.tcp) + noteLines(notes.udp, reserved.udp);
  const setting = idle ? '' : `${noteLines(notes.copied, copied)}${key} = ${valueIn(content)}\n`;
  return header + marks + setting + otherLines.map((line) => `${line}\n`).join('');
}
