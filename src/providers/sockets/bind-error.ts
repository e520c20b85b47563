import { readFileSync } from 'node:fs';
import { NativeError } from '../../native/native-error.ts';
import { type ErrorFacts, ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import { orFreePorts, toDo } from '../../protocol/remedies.ts';
import { statesOf } from '../proc/socket-table.ts';
import { TCP_TIME_WAIT } from '../proc/tcp-states.ts';

const elsewhere = `choose another start port${orFreePorts}`;

const shortages: Record<string, string> = {
  EMFILE:
    'Each reserved port takes one open file: raise the limit (ulimit -n, or LimitNOFILE= of a systemd service), or ' +
    'reserve fewer ports.',
  ENFILE: 'The whole system is out of open files: raise fs.file-max, or end what holds so many.',
  ENOBUFS: 'The system is out of memory for sockets: reserve fewer ports, or end what holds so many.',
  ENOMEM: 'The system is out of memory: reserve fewer ports, or end what holds so much.',
};

/** The first port that an ordinary user may bind. */
export function firstUnprivilegedPort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  } catch {
    return 1024;
  }
}

async function hintForPortInUse(protocol: Protocol, port: number): Promise<string> {
  const states = await statesOf(protocol, port);
  if (states.size === 0) {
    const unseen =
      'No socket is listed on it, so one is bound to it without listening, as a reservation of another worker is';
    return `${unseen}: ${elsewhere}.`;
  }
  if (protocol === 'tcp' && states.size === 1 && states.has(TCP_TIME_WAIT)) {
    return `Only closing connections (TIME_WAIT) hold it, for up to a minute: try again then, or ${elsewhere}.`;
  }
  return `Look at the port to see who has it: end that, or ${elsewhere}.`;
}

/** The error for a port that a bind was refused, with what can be seen on it. */
export async function portInUse(
  protocol: Protocol,
  port: number,
  { isTrial = false, cause }: { isTrial?: boolean; cause?: unknown } = {},
): Promise<ServiceError> {
  const only = { startPort: port, numberOfPorts: 1 };
  const target = formatPorts(protocol, only);
  // The tables of a busy machine take longer than the reservation.
  const hint = isTrial ? undefined : await hintForPortInUse(protocol, port);
  const remedy = toDo('inspect', protocol, only);
  const facts = { target, port, hint, remedy, osCode: 'EADDRINUSE', osFunction: 'bind' };
  return new ServiceError('PortInUse', `${target} is in use.`, facts, cause);
}

function accessDenied(target: string, port: number, facts: ErrorFacts, cause: NativeError): ServiceError {
  const first = firstUnprivilegedPort();
  const hint =
    cause.code === 'EACCES' && port < first
      ? `Ports below ${first} need root or CAP_NET_BIND_SERVICE: AmbientCapabilities= of one unit, setcap of one program, or for everybody sysctl net.ipv4.ip_unprivileged_port_start.`
      : "A policy of this system refuses it: SELinux, AppArmor, or a service's SocketBindDeny=.";
  return new ServiceError('AccessDenied', `No permission to bind ${target}.`, { ...facts, target, port, hint }, cause);
}

/** What a refused port is to the user who asked for the range. Anything but a system error is returned as it is. */
export async function bindError(
  error: unknown,
  protocol: Protocol,
  range: PortRange,
  port: number,
  isTrial = false,
): Promise<unknown> {
  if (!(error instanceof NativeError)) return error;
  const { code, function: osFunction } = error;
  if (code === 'EADDRINUSE') return portInUse(protocol, port, { isTrial, cause: error });

  const facts = { osCode: String(code), osFunction };
  const target = formatPorts(protocol, { startPort: port, numberOfPorts: 1 });
  if (code === 'EACCES' || code === 'EPERM') return accessDenied(target, port, facts, error);

  const whole = formatPorts(protocol, range);
  const message = `Cannot bind ${whole}: ${osFunction} failed at port ${port} with ${code}.`;
  return new ServiceError('OsError', message, { ...facts, target: whole, hint: shortages[code] }, error);
}
