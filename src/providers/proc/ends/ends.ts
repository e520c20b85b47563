import type { Protocol, Remedy } from '../../../protocol/generated/contract.ts';
import { toRun } from '../../../protocol/remedies.ts';
import type { FoundHolder } from '../../provider.ts';
import { lineOf, type ProcessFacts, processFacts, programOf, userOf } from '../process-facts.ts';
import { endOfContainer } from './containers.ts';
import { endOfRelay } from './relays.ts';
import { withForkers } from './sharing.ts';
import { socketUnits } from './socket-units.ts';
import { endOfSupervised } from './supervisors.ts';
import { isManager, quoted, systemctlFor, unitOf } from './units.ts';

/** Who asks. */
export interface Asker {
  userId: number | undefined;
  processId: number;
}

/** What frees a port, and what is to be said of it. */
interface End {
  end?: Remedy;
  note?: string;
  isAskers?: boolean;
  /** Whether it is another one for each port. */
  isOfPort?: boolean;
}

/** What a session or a machine lives by, and is never ended for a port; the kernel cuts names at 15 characters. */
const vital = new Set(
  'systemd init systemd-logind login gdm gdm3 gdm-session-worker sddm sddm-helper lightdm gnome-shell gnome-session-binary plasmashell kwin_wayland kwin_x11 Xorg Xwayland dbus-daemon dbus-broker NetworkManager systemd-networkd dhclient dhcpcd wpa_supplicant'
    .split(' ')
    .map((name) => name.slice(0, 15)),
);

const isVital = (processId: number): boolean => processId === 1 || vital.has(programOf(processId).comm);

const vitalEnd: End = { note: 'a session or the machine lives by it, so it is not ended for a port' };

/**
 * Says of each port what frees it, at the first of its holders: that alone, so that it stays free, and nothing where only
 * harm would.
 */
export async function addEnds(
  protocol: Protocol,
  found: ReadonlyMap<number, FoundHolder[]>,
  asker: Asker,
): Promise<void> {
  if (found.size === 0) return;
  const own = new Set(lineOf(asker.processId).filter((id) => id !== 1));
  const known = new Map<string, End>();
  for (const [port, holders] of found) {
    const [first] = holders;
    if (first?.holder.processId === undefined) continue;
    const isListened = first.holder.state === 'listening';
    // Connections of a server stand in no other server's way.
    const having = holders.filter(({ holder }) => !isListened || holder.state === 'listening');
    const processIds = having.flatMap(({ holder }) => holder.processId ?? []);
    const key = `${processIds}`;
    const end = known.get(key) ?? (await endOf(processIds, { protocol, port, asker, own }));
    if (!end.isOfPort) known.set(key, end);
    if (end.end) first.end = end.end;
    if (end.note) first.note = end.note;
    if (end.isAskers) first.isAskers = true;
  }
}

interface Question {
  protocol: Protocol;
  port: number;
  asker: Asker;
  /** The processes that this one comes from. */
  own: ReadonlySet<number>;
}

async function endOf(processIds: readonly number[], question: Question): Promise<End> {
  const { asker, own } = question;
  const managers = processIds.filter(isManager);
  if (managers.length > 0) return { ...(await endOfSocketUnit(managers[0]!, processIds, question)), isOfPort: true };
  if (processIds.some((id) => own.has(id))) return { note: 'this session itself has it', isAskers: true };
  const facts = new Map(processIds.map((id) => [id, processFacts(id)]));
  const relay = endOfRelay(processIds, { ...question, userId: asker.userId });
  if (relay) return { ...relay, isOfPort: true };
  const supervised = endOfSupervised(processIds, asker.userId);
  if (supervised) return supervised;
  const [{ container }] = facts.values() as Iterable<ProcessFacts> as [ProcessFacts];
  if (!container && processIds.some(isVital)) return vitalEnd;
  const ofUnit = endOfUnit(facts, asker);
  if (ofUnit) return { end: ofUnit };
  if (container && [...facts.values()].every((one) => one.container === container)) {
    const { command, stops, note } = endOfContainer(container, processIds, asker.userId);
    return { ...(command && { end: toRun(command, stops) }), ...(note && { note }) };
  }
  return processIds.some(isVital) ? vitalEnd : endOfProcesses(withForkers(processIds, own), asker);
}

/** What others lose with a service, by what the kernel calls its program. */
const felt: Readonly<Record<string, string>> = {
  sshd: 'all new logins by ssh',
  'systemd-resolve': 'the resolution of names on this machine',
  rpcbind: 'NFS, and what else finds its ports by rpcbind',
};

/** The unit, where all of them are of it and it was made for them. */
function endOfUnit(facts: ReadonlyMap<number, ProcessFacts>, { userId }: Asker): Remedy | undefined {
  const [[processId, first]] = facts as Iterable<[number, ProcessFacts]> as [[number, ProcessFacts]];
  const { service, machine } = first;
  const isOfAll = [...facts.values()].every((one) => one.service === service && one.machine === machine);
  if (!service || !isOfAll) return undefined;
  const command = `${systemctlFor(first, processId, userId)} stop ${quoted(service)}`;
  if (machine) return toRun(command);
  const unit = unitOf([...facts.keys()], { service });
  if (!unit) return undefined;
  const others = unit.others.length > 0 ? `what else runs in ${service}: ${unit.others.join(', ')}` : undefined;
  return toRun(command, others ?? [...facts.keys()].map((id) => felt[programOf(id).comm]).find(Boolean));
}

function endOfProcesses(processIds: readonly number[], { userId }: Asker): End {
  const isOurs = userId === 0 || processIds.every((id) => userOf(id) === userId);
  const tunnel = processIds.map(tunnelOf).find((one) => one !== undefined);
  return {
    end: toRun(`${isOurs ? '' : 'sudo '}kill ${processIds.join(' ')}`, tunnel?.stops),
    ...(tunnel && { note: tunnel.note }),
  };
}

/** What ssh has a port for. */
function tunnelOf(processId: number): { stops?: string; note: string } | undefined {
  const { comm, argv } = programOf(processId);
  if (comm === 'ssh') {
    const isTunnelAlone = argv.some((word) => /^-\w*N/.test(word));
    const note = 'a tunnel of ssh leads from there to the other end';
    return isTunnelAlone ? { note } : { note, stops: 'the session of that ssh' };
  }
  const [, user] = /^sshd(?:-session)?: ([^@ ]+)(?:@| |$)/.exec(argv[0] ?? '') ?? [];
  if (!user || user.startsWith('/')) return undefined;
  return { note: 'a tunnel of ssh (-R) leads from there to the other end', stops: `the ssh session of ${user}` };
}

/** The manager listens for a unit, alone or beside the service that it started. */
async function endOfSocketUnit(
  manager: number,
  processIds: readonly number[],
  { protocol, port, asker }: Question,
): Promise<End> {
  const isUsers = manager !== 1;
  const isHere = !isUsers || userOf(manager) === asker.userId;
  const units = isHere ? await socketUnits(protocol, port, isUsers) : [];
  const sudo = asker.userId === 0 || isUsers ? '' : 'sudo ';
  const systemctl = `${sudo}systemctl${isUsers ? ' --user' : ''}`;
  if (units.length === 0) {
    const note = `systemd listens there for a socket unit: \`${systemctl} list-sockets\` names it, and stopping that unit, with its service, frees the port`;
    return { note };
  }
  const services = processIds.length > 1 ? units.map(({ service }) => service) : [];
  const names = [...units.map(({ socket }) => socket), ...services].map(quoted).join(' ');
  return {
    end: toRun(`${systemctl} stop ${names}`),
    note: `systemd listens there for ${units.map(({ socket }) => socket).join(' and ')}`,
  };
}
