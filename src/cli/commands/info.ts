import type { Command } from 'commander';
import {
  type PortExclusion,
  type PortRange,
  packageVersion,
  type Reservation,
} from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { type CommonOptions, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import { nameOf } from '../views.ts';

/** What a machine has, for configuration management. */
interface Info {
  version: string;
  provider: string;
  /** Those that last. */
  reservations: Omit<Reservation, 'token'>[];
  /** Others' too. */
  exclusions: PortExclusion[];
  /** The first port of each name; of one that UDP has elsewhere also `NAME_udp`. */
  ports: Record<string, number>;
  /** What the system does not have as it is recorded, now or from the next restart on. */
  drift: Drifted[];
  /** Whether all that is recorded is in force, now and after the next restart. */
  inForce: boolean;
  warnings: string[];
}

type Drifted = Pick<Reservation, 'protocol' | 'range' | 'name' | 'state'> & { kind: 'reservation' | 'exclusion' };

export function addInfo(root: Command, output: Output): void {
  const command = root
    .command('info')
    .summary('say what this machine has, for templates and monitoring')
    .description(
      'Say what lasts on this machine, and whether it is in force: with --json a fact for configuration management, which has no token.',
    );
  withCommon(command).action(async (options: CommonOptions) => {
    const info = await inService(options, infoOf);
    output.result(info, () => {
      for (const [name, port] of Object.entries(info.ports)) output.say(`${name}: ${port}`);
      for (const one of info.drift) output.say(`${one.kind} ${nameOf(one)} is ${words[one.state!]}.`);
      const { reservations, exclusions } = info;
      const own = exclusions.filter((one) => one.own).length;
      output.say(
        `${reservations.length} reservations, ${own} exclusions and ${exclusions.length - own} of others; ${info.drift.length} not in force. Version ${info.version}.`,
      );
      output.warn(info.warnings);
    });
  });
}

const words: Partial<Record<NonNullable<Reservation['state']>, string>> = {
  lost: 'lost in the system',
  lostAtBoot: 'lost at the next restart',
};

async function infoOf(service: PortService): Promise<Info> {
  const { reservations, exclusions, warnings } = await service.present({ settles: false });
  const lasting = reservations.filter(({ lifetime }) => lifetime === 'persistent');
  const drift = [
    ...lasting.map((one) => ({ kind: 'reservation' as const, one })),
    ...exclusions.map((one) => ({ kind: 'exclusion' as const, one })),
  ].filter(({ one }) => one.state && one.state in words);
  return {
    version: packageVersion,
    provider: service.provider,
    // Facts are kept in caches and logs, and a token lets a program in.
    reservations: lasting.map(({ token: _, ...rest }) => rest),
    exclusions,
    ports: portsByName(lasting),
    drift: drift.map(({ kind, one: { protocol, range, name, state } }) => ({
      kind,
      protocol,
      range,
      ...(name !== undefined && { name }),
      ...(state && { state }),
    })),
    inForce: drift.length === 0,
    warnings,
  };
}

function portsByName(reservations: readonly Reservation[]): Record<string, number> {
  const ports = new Map<string, number>();
  for (const { name, protocol, range } of [...reservations].sort(byProtocol)) {
    if (name === undefined) continue;
    const { startPort }: PortRange = range;
    const key = [name, `${name}_${protocol}`].find((one) => (ports.get(one) ?? startPort) === startPort);
    if (key !== undefined) ports.set(key, startPort);
  }
  return Object.fromEntries(ports);
}

const byProtocol = (a: Reservation, b: Reservation): number =>
  a.protocol.localeCompare(b.protocol) || a.range.startPort - b.range.startPort;
