import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Host, thisHost } from './host.ts';
import { ledgerFolders } from './ledger/ledger-folders.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { openService } from './open-service.ts';
import { ServiceError } from './protocol/errors.ts';
import type {
  ExclusionRecord,
  LedgerRecord,
  PortExclusion,
  PortRange,
  Reservation,
} from './protocol/generated/contract.ts';
import { formatPorts, keyOf } from './protocol/ranges.ts';
import { settleListUnit, settleUnits } from './providers/linux/kernel/units.ts';
import { ReservedPorts } from './providers/linux/reserved-ports.ts';
import { systemPaths } from './providers/linux/sysctl-files.ts';
import { switchGateOff } from './settle-kernel.ts';
import { removeFolder, whatIsIn } from './uninstall-folders.ts';

/** What was taken away, or would be. */
export interface Uninstalled {
  reservations: Reservation[];
  exclusions: PortExclusion[];
  /** Ports that our file keeps out of automatic choice for a ledger that is gone. */
  orphans: PortRange[];
  /** Files and folders. */
  paths: string[];
}

const pins = '/sys/fs/bpf/port-reservation';

/**
 * Gives back all that this user has reserved and excluded, and removes what is written down of it. Root's also are the
 * system's files; what others have put into them stays.
 * @throws ServiceError NotOwner while something is held, whose process ends first; and what releasing throws
 */
export async function uninstall({ whatIf = false } = {}, host: Host = thisHost()): Promise<Uninstalled> {
  const ledger = await openLedger(host);
  const { own, exclusions } = await ledger.foresee();
  ledger.close();
  refuseHeld(own);
  const given = await giveBack(own, exclusions.own, whatIf, host);
  const isSystems = host.platform === 'linux' && host.userId === 0;
  const orphans = isSystems ? await forgetOrphans(whatIf ? own : [], whatIf ? exclusions.own : [], whatIf, host) : [];
  const paths = [...(isSystems ? await clearSystem(whatIf, dirname(ledger.file)) : []), ...clearFolder(whatIf, host)];
  return { ...given, orphans, paths };
}

/** Its process holds it whatever is removed here, and would go on writing. */
function refuseHeld(own: readonly LedgerRecord[]): void {
  const held = own.find(({ lifetime }) => lifetime === 'runtime');
  if (!held) return;
  const { protocol, range, name, owner } = held;
  const target = `${formatPorts(protocol, range)}${name === undefined ? '' : ` ${JSON.stringify(name)}`}`;
  throw new ServiceError('NotOwner', `The runtime reservation ${target} is held by process ${owner.processId}.`, {
    target,
    hint: 'End that process first; nothing was removed.',
  });
}

/** Each through the provider that made it, as any change; the first that fails ends it. */
async function giveBack(
  own: readonly LedgerRecord[],
  excluded: readonly ExclusionRecord[],
  whatIf: boolean,
  host: Host,
): Promise<Pick<Uninstalled, 'reservations' | 'exclusions'>> {
  const done: Pick<Uninstalled, 'reservations' | 'exclusions'> = { reservations: [], exclusions: [] };
  for (const provider of new Set(own.map((record) => record.provider))) {
    const service = await openService({ provider, host });
    try {
      for (const { protocol, range } of own.filter((record) => record.provider === provider))
        done.reservations.push(...(await service.release({ protocol, range, whatIf })).reservations);
    } finally {
      await service.close();
    }
  }
  if (excluded.length === 0) return done;
  const service = await openService({ host });
  try {
    for (const { protocol, range } of excluded)
      done.exclusions.push(...(await service.removeExclusion({ protocol, range, whatIf })).exclusions);
  } finally {
    await service.close();
  }
  return done;
}

/** What our files of sysctl.d name and no ledger of this machine has, live and from the file. */
async function forgetOrphans(
  own: readonly LedgerRecord[],
  excluded: readonly ExclusionRecord[],
  whatIf: boolean,
  host: Host,
): Promise<PortRange[]> {
  const system = await openLedger({ ...host, env: {} });
  const { reservations, exclusions } = await system.readAll();
  system.close();
  const isListed = ({ lifetime, provider }: LedgerRecord) => lifetime === 'persistent' && provider === 'linux';
  const kept = {
    reservations: unique([...own, ...reservations].filter(isListed)),
    exclusions: unique([...excluded, ...exclusions]),
  };
  return new ReservedPorts(systemPaths, host).forgetOrphans(kept, whatIf);
}

const unique = <T extends LedgerRecord | ExclusionRecord>(records: readonly T[]): T[] => [
  ...new Map(records.map((record) => [keyOf(record), record])).values(),
];

/** The gate and the units of this ledger, and of the system's what is of all: files that have nothing left to say. */
async function clearSystem(whatIf: boolean, home: string): Promise<string[]> {
  const { own, passing } = systemPaths;
  const isWhole = home === ledgerFolders({ ...thisHost(), env: {} }, true).own?.path;
  const paths = isWhole ? [pins, dirname(passing)].filter((path) => existsSync(path)) : [];
  if (whatIf) return paths;
  if (paths.includes(pins)) await switchGateOff();
  await settleUnits({ isNeeded: false, services: [], command: [], home });
  if (!existsSync(own)) {
    await settleListUnit({ isNeeded: false, command: () => [], file: own });
    for (const rest of ['.lock', '.live']) removeFolder(`${own}${rest}`, 'linux');
  }
  for (const path of paths) removeFolder(path, 'linux');
  return paths;
}

/** The folder of this user's ledger, with what is ours in it. */
function clearFolder(whatIf: boolean, host: Host): string[] {
  const isRoot = host.platform !== 'win32' && host.userId === 0;
  const { own } = ledgerFolders(host, isRoot);
  if (!own || !existsSync(own.path)) return [];
  const { ours, isOursAlone } = whatIsIn(own.path);
  if (whatIf) return isOursAlone ? [own.path] : ours;
  const gone = ours.filter((path) => removeFolder(path, host.platform));
  return isOursAlone && gone.length === ours.length && removeFolder(own.path, host.platform) ? [own.path] : gone;
}
