import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Host, thisHost } from './host.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { byPorts, TokenFile, type TokenRecord } from './ledger/token-file.ts';
import { ServiceError } from './protocol/errors.ts';
import type { LedgerRecord } from './protocol/generated/contract.ts';
import { formatPorts } from './protocol/ranges.ts';
import { topControlGroup } from './providers/linux/kernel/control-group.ts';
import { type GateStatus, KernelGate } from './providers/linux/kernel/kernel-gate.ts';
import { controlGroupsOf, settleUnits } from './providers/linux/kernel/units.ts';
import { newToken } from './providers/token.ts';

/** What was settled, for whoever started it. */
export interface Settled {
  /** How many reservations the ledger has for the kernel to enforce. */
  reservations: number;
  gate: GateStatus;
}

const openGate = (host: Host): KernelGate => {
  if (host.platform !== 'linux') {
    const message = 'Only on Linux are reservations to be settled: Windows keeps its own.';
    throw new ServiceError('NotSupported', message, { hint: 'There is nothing to do here.' });
  }
  return KernelGate.pinned({ userId: host.userId! });
};

const isKernels = ({ lifetime, enforcement, provider }: LedgerRecord) =>
  lifetime === 'persistent' && enforcement === 'kernel' && provider === 'linux';

/**
 * Makes the kernel enforce what the ledger says, and systemd restore it: after a boot, after an upgrade, and where somebody
 * took the gate away.
 * @throws ServiceError
 */
export async function settleKernel(host: Host = thisHost()): Promise<Settled> {
  const gate = openGate(host);
  const ledger = await openLedger(host);
  const home = dirname(ledger.file);
  return ledger.change(async ({ own }) => {
    const tokens = new TokenFile(home);
    const records = await withTokens(own.filter(isKernels), tokens);
    await gate.settle(records.map(({ token, ...record }) => ({ ...record, token: BigInt(token) })));
    const services = [...new Set(records.flatMap(({ allow }) => allow?.service ?? []))];
    const command = services.length + records.length > 0 ? commandLine(host) : [];
    await settleUnits({ isNeeded: records.length > 0, services, command, home });
    await admitRunning(gate, services);
    return { reservations: records.length, gate: await gate.status() };
  });
}

/** What each is to have: one whose token was lost gets a new one, so that nobody but root is let in. */
async function withTokens(reservations: readonly LedgerRecord[], tokens: TokenFile): Promise<TokenRecord[]> {
  const known = byPorts(tokens.read());
  const records = reservations.map(({ protocol, range }) => {
    const found = known.get(formatPorts(protocol, range));
    return found ?? { protocol, range, token: `${newToken()}` };
  });
  const wanted = byPorts(records);
  if (records.some((record) => !known.has(formatPorts(record.protocol, record.range)))) await tokens.write(records);
  else await tokens.keep(({ protocol, range }) => wanted.has(formatPorts(protocol, range)));
  return records;
}

/** Services that run already are not started anew for it. */
async function admitRunning(gate: KernelGate, services: readonly string[]): Promise<void> {
  for (const service of services) {
    for (const path of await controlGroupsOf(service)) {
      await gate.admit(service, join(topControlGroup().path, path), true);
    }
  }
}

/** The command line that units start: beside a worker it lies in the same folder. */
function commandLine({ execPath, programFile }: Host): string[] {
  if (programFile === undefined || programFile === execPath) return [execPath]; // a program of its own
  if (basename(programFile).startsWith('portreservation')) return [execPath, programFile];
  const beside = join(dirname(realpathSync(programFile)), 'portreservation.mjs');
  if (existsSync(beside)) return [execPath, beside];
  throw new ServiceError('NotSupported', 'The command line that restores reservations at boot is not installed here.', {
    target: beside,
    hint: 'Install the whole package of PortReservation.',
  });
}

/** Lets the unit's processes in, from a process in its control group: what ExecCondition= runs. */
export async function attachService(service: string, host: Host = thisHost()): Promise<void> {
  const gate = openGate(host);
  await gate.admit(service, gate.ownGroup(), true);
}

/** Takes the gate away: nothing is enforced until the next boot, change or settling. */
export async function switchGateOff(host: Host = thisHost()): Promise<void> {
  await openGate(host).off();
}
