import { ServiceError } from '../../protocol/errors.ts';
import { type Hold, type Reservation, wordsOf } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { type ReserveOptions, reserve } from './reserve.ts';

/** What `exec --hold` may be; `auto` is none of the contract's, since it is about the command that is run. */
export const execHolds = [...wordsOf.Hold, 'auto'] as const;
export type ExecHold = (typeof execHolds)[number];

/** How it is held where the kernel does not. */
const otherwise: Hold = 'yield';

/** What says that this machine or this user has no gate, and nothing of the ports. */
const noGate: readonly string[] = ['NotSupported', 'AccessDenied', 'OsError'];

/** The ports that a command gets. */
export interface PortsOfCommand {
  reservations: Reservation[];
  /** Whether the kernel lets in already what this process starts from here on. */
  isAdmitted: boolean;
}

/**
 * Reserves with the one hold that keeps the ports from everybody and lets the command in whatever it sets: the kernel's gate
 * around its process tree. Where that cannot be had, as `yield`, and says why.
 * @throws what a creation throws
 */
export async function reserveAuto(
  service: PortService,
  options: Omit<ReserveOptions, 'hold'> & { quiet?: boolean },
  { output, terminal }: { output: Output; terminal: Pick<Terminal, 'platform' | 'geteuid'> },
): Promise<PortsOfCommand> {
  const asked = { ...options, hold: otherwise };
  const gated = whyNotHere(terminal) ?? (await reserveBehindGate(service, asked, output));
  if (typeof gated !== 'string') return gated;
  if (!options.quiet) output.note(`--hold auto is --hold ${otherwise} here: ${gated}`);
  return { reservations: await reserve(service, asked, { enforcement: undefined, output }), isAdmitted: false };
}

function whyNotHere({ platform, geteuid }: Pick<Terminal, 'platform' | 'geteuid'>): string | undefined {
  if (platform !== 'linux') return 'the kernel lets in one command alone on Linux only.';
  return geteuid?.() === 0 ? undefined : 'the kernel refuses binds for root alone. Run it with sudo.';
}

/** What is reserved, with the command let in; or why the kernel does not do that. */
async function reserveBehindGate(
  service: PortService,
  options: ReserveOptions,
  output: Output,
): Promise<PortsOfCommand | string> {
  let reservations: Reservation[] = [];
  try {
    reservations = await reserve(service, options, { enforcement: 'kernel', output });
    if (options.whatIf) return { reservations, isAdmitted: false };
    await service.admitChildren(reservations);
    return { reservations, isAdmitted: true };
  } catch (error) {
    if (!(error instanceof ServiceError && noGate.includes(error.errorName))) throw error;
    for (const { protocol, range } of reservations) await service.release({ protocol, range });
    return error.message;
  }
}
