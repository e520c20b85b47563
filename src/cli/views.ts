import type { PortExclusion, PortRange, Protocol, Reservation } from '../protocol/generated/contract.ts';
import { endPort, formatPorts } from '../protocol/ranges.ts';
import type { Column } from './table.ts';

/** The wire's words as the views of PowerShell show them. */
export const title = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

const longestToken = 20;

/** Where the ports of a reservation are that are not this network's. */
const places = { networkNamespace: 'in another network namespace', host: 'on another host' } as const;

/** The columns of Get-PortReservation. */
export const reservationColumns: readonly Column<Reservation>[] = [
  { title: 'Protocol', of: ({ protocol }) => title(protocol) },
  { title: 'StartPort', of: ({ range }) => range.startPort, align: 'right' },
  { title: 'EndPort', of: ({ range }) => endPort(range), align: 'right' },
  { title: 'Lifetime', of: ({ lifetime }) => title(lifetime) },
  { title: 'Enforcement', of: ({ enforcement }) => title(enforcement) },
  { title: 'Token', of: ({ token }) => token, align: 'right', width: longestToken },
  {
    title: 'Name',
    of: ({ name, owner }) => [name, owner?.elsewhere && `(${places[owner.elsewhere]})`].filter(Boolean).join(' '),
  },
];

/** The columns of Find-FreePortRange. */
export const freeRangeColumns = (protocols: readonly Protocol[]): readonly Column<PortRange>[] => [
  { title: 'Protocol', of: () => protocols.map(title).join(', ') },
  { title: 'StartPort', of: ({ startPort }) => startPort, align: 'right' },
  { title: 'EndPort', of: endPort, align: 'right' },
  { title: 'NumberOfPorts', of: ({ numberOfPorts }) => numberOfPorts, align: 'right' },
];

/** The columns of Get-PortExclusion. */
export const exclusionColumns: readonly Column<PortExclusion>[] = [
  { title: 'Protocol', of: ({ protocol }) => title(protocol) },
  { title: 'StartPort', of: ({ range }) => range.startPort, align: 'right' },
  { title: 'EndPort', of: ({ range }) => endPort(range), align: 'right' },
  { title: 'Store', of: ({ store }) => title(store) },
  { title: 'Own', of: ({ own }) => title(String(own)) },
  { title: 'Administered', of: ({ administered }) => title(String(administered)) },
  { title: 'Name', of: ({ name }) => name },
];

/** `tcp 5000-5009 "web"`. */
export const nameOf = ({ protocol, range, name }: Pick<Reservation, 'protocol' | 'range' | 'name'>): string =>
  `${formatPorts(protocol, range)}${name ? ` "${name}"` : ''}`;
