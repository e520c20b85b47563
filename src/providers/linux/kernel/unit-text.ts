import { createHash } from 'node:crypto';
import { InvalidParamsError } from '../../../protocol/errors.ts';

/** How the units start the command line, and for which ledger. */
export interface UnitCommand {
  /** Program and first arguments, such as node and portreservation.mjs; absolute paths. */
  command: readonly string[];
  /** The ledger's folder. */
  home: string;
}

const systemHome = '/var/lib/port-reservation';
// systemd.unit(5): what a name may have, and how long it may be.
const serviceName = /^[A-Za-z0-9:_.\\@-]{1,247}\.(?:service|socket)$/;

/**
 * Refuses what is no name of a service or socket.
 * @param field the parameter's path
 */
export function checkUnitName(name: string, field: string): void {
  if (serviceName.test(name) && !name.startsWith('.')) return;
  throw new InvalidParamsError([
    { field, message: 'must be the name of a systemd service or socket, such as nginx.service' },
  ]);
}

/** Ledgers elsewhere than the system's have units of their own. */
const suffix = (home: string) =>
  home === systemHome ? '' : `-${createHash('sha256').update(home).digest('hex').slice(0, 8)}`;

export const bootUnitName = ({ home }: UnitCommand): string => `port-reservation${suffix(home)}.service`;
export const dropInName = ({ home }: UnitCommand): string => `50-port-reservation${suffix(home)}.conf`;

/** A word as systemd reads it back: specifiers and escapes are taken literally. */
const word = (text: string) => `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')}"`;

/** A command line, systemd.service(5): variables, too, are taken literally. */
const line = (words: readonly string[]) => words.map((one) => word(one).replaceAll('$', () => '$$')).join(' ');

const environment = ({ home }: UnitCommand) =>
  home === systemHome ? '' : `Environment=${word(`PORT_RESERVATION_HOME=${home}`)}\n`;

/** Restores what the kernel enforces, before anything that could take a port. */
export function bootUnit(unit: UnitCommand): string {
  return `# Written by PortReservation, and removed with the last reservation that the kernel enforces.

[Unit]
Description=Ports that the kernel keeps for their users
DefaultDependencies=no
After=local-fs.target systemd-sysctl.service
Before=sysinit.target network-pre.target
RequiresMountsFor=${[unit.home, ...unit.command]
    .filter((path) => path.startsWith('/'))
    .map(word)
    .join(' ')}

[Service]
Type=oneshot
RemainAfterExit=yes
${environment(unit)}ExecStart=${line([...unit.command, 'settle'])}

[Install]
WantedBy=sysinit.target
`;
}

export const listUnitName = 'port-reservation-list.service';

/** Has our file of sysctl.d repeat what the others set by now, before systemd applies them. */
export function listUnit(command: readonly string[], file: string): string {
  return `# Written by PortReservation, and removed with ${file}.

[Unit]
Description=Reserved ports of all files of sysctl.d
Documentation=man:sysctl.d(5)
DefaultDependencies=no
After=local-fs.target
Before=systemd-sysctl.service sysinit.target
ConditionPathExists=${file}
RequiresMountsFor=${command
    .filter((path) => path.startsWith('/'))
    .map(word)
    .join(' ')}

[Service]
Type=oneshot
ExecStart=${line([...command, 'settle', '--list'])}

[Install]
WantedBy=sysinit.target
`;
}

/**
 * Lets the unit's processes in before it starts anything: ExecCondition= comes before ExecStartPre= and runs at each start,
 * also after systemd has made the control group anew. Its failure does not keep the unit from starting: refused ports
 * then say so themselves. A socket has ExecStartPre= in its place, before systemd binds.
 */
export function dropIn(unit: UnitCommand, service: string): string {
  const isSocket = service.endsWith('.socket');
  const setting = isSocket ? 'ExecStartPre' : 'ExecCondition';
  return `# Written by PortReservation, and removed with the reservation that is for ${service}.

[${isSocket ? 'Socket' : 'Service'}]
${setting}=-+${line([...unit.command, 'settle', '--attach', service])}
`;
}
