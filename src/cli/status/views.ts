import { inCommandLine } from '../../dialects/command-line.ts';
import type { PortHolder, PortStatus } from '../../protocol/generated/contract.ts';
import type { Column } from '../table.ts';
import { title } from '../views.ts';

/** The columns of Get-PortStatus. */
export const statusColumns: readonly Column<PortStatus>[] = [
  { title: 'Protocol', of: ({ protocol }) => title(protocol) },
  { title: 'Port', of: ({ port }) => port, align: 'right' },
  { title: 'CanBind', of: ({ canBind }) => (canBind ? 'True' : 'False') },
  { title: 'Verdict', of: ({ verdict }) => title(verdict) },
  { title: 'Explanation', of: ({ explanation }) => inCommandLine(explanation) },
];

/** Who listens on a port. */
export interface Listener {
  status: PortStatus;
  holder: PortHolder;
}

const unseen = {
  kernel: '(the kernel)',
  outside: '(outside this container)',
  noRights: "(another user's)",
  ended: '(ended)',
} as const;
const longestCommand = 120;

/** As tools that list sockets do, a listener a line. */
export const listenerColumns: readonly Column<Listener>[] = [
  { title: 'Protocol', of: ({ status }) => title(status.protocol) },
  { title: 'Port', of: ({ status }) => status.port, align: 'right' },
  { title: 'Address', of: ({ holder }) => shortened(holder.addresses) },
  { title: 'Process', of: ({ holder }) => processOf(holder) },
  { title: 'Id', of: ({ holder }) => holder.processId, align: 'right' },
  { title: 'User', of: ({ holder }) => holder.user },
  { title: 'Reservation', of: ({ status }) => status.reservation?.name },
  { title: 'Command', of: ({ holder }) => commandOf(holder) },
];

const shortened = ([first, ...others]: readonly string[]) =>
  first === undefined ? undefined : `${first}${others.length > 0 ? ` +${others.length}` : ''}`;

const processOf = ({ processName, executable, unseen: why }: PortHolder) =>
  processName ?? executable ?? (why && unseen[why]);

function commandOf({ commandLine = '', workingDirectory, kernelUse }: PortHolder): string {
  const command = commandLine.length > longestCommand ? `${commandLine.slice(0, longestCommand)}...` : commandLine;
  return kernelUse ?? `${command}${command && workingDirectory ? `  in ${workingDirectory}` : ''}`;
}
