import { dirname } from 'node:path';
import { type Host, thisHost } from './host.ts';
import { openLedger } from './ledger/open-ledger.ts';
import { ServiceError } from './protocol/errors.ts';
import type { LedgerRecord } from './protocol/generated/contract.ts';
import { KernelKeeper } from './providers/linux/kernel/keeper.ts';
import { type GateStatus, KernelGate } from './providers/linux/kernel/kernel-gate.ts';
import { ReservedPorts } from './providers/linux/reserved-ports.ts';
import { systemPaths } from './providers/linux/sysctl-files.ts';
import type { Repeated } from './providers/provider.ts';

/** What was settled, for whoever started it. */
export interface Settled {
  /** How many reservations the ledger has for the kernel to enforce. */
  reservations: number;
  gate: GateStatus;
}

const notHere = () =>
  new ServiceError('NotSupported', 'Only on Linux are reservations to be settled: Windows keeps its own.', {
    hint: 'There is nothing to do here.',
  });

const openGate = (host: Host): KernelGate => {
  if (host.platform !== 'linux') throw notHere();
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
  const keeper = new KernelKeeper(host, () => dirname(ledger.file));
  return ledger.change(async ({ own }) => {
    const records = own.filter(isKernels);
    await keeper.settle(records, [], { isStrict: true, isForced: true });
    return { reservations: records.length, gate: await gate.status() };
  });
}

/**
 * Has our file of sysctl.d repeat what the others set now: what a unit of systemd runs at boot, before they are applied.
 * @returns how that differs from before; undefined where it does not
 */
export async function repeatOtherFiles(host: Host = thisHost()): Promise<Repeated | undefined> {
  if (host.platform !== 'linux') throw notHere();
  return new ReservedPorts(systemPaths, host).repeatOthers();
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
