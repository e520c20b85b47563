import { thisHost } from '../host.ts';
import { noProcess } from '../machine/no-process.ts';
import { processGone, processIdentity } from '../machine/process-identity.ts';
import { openService, type ServiceOptions } from '../open-service.ts';
import type { ReservationCreateParams, Reservations } from '../protocol/generated/contract.ts';
import { checkHoldForOthers } from './hold-for-others.ts';

/** Ports that this process holds for another. */
export interface HeldFor extends Reservations {
  /** When the other process has ended and the ports are free, or the signal has freed them. */
  ended: Promise<void>;
}

/**
 * Reserves ports for as long as another process lives, however it ends: this one looks once a second whether it does. Without
 * a process only the signal frees them.
 * @throws ServiceError NotFound where there is no such process, NotSupported for a strict hold on Windows, and what a
 * creation throws
 */
export async function holdFor(
  processId: number | undefined,
  params: ReservationCreateParams,
  { signal, ...options }: ServiceOptions & { signal: AbortSignal },
): Promise<HeldFor> {
  const { platform } = options.host ?? thisHost();
  const look = () => processIdentity(processId!, platform);
  if (processId !== undefined && !(await look()).alive) throw noProcess(processId);
  // It is known by when it started: its id may be another's later.
  const gone = processId === undefined ? aborted(signal) : processGone(look, signal);
  gone.catch(() => {});
  const service = await openService(options);
  try {
    checkHoldForOthers(service, params.hold ?? 'strict');
    const created = await service.create(params);
    return { ...created, ended: gone.catch(() => {}).then(() => service.close()) };
  } catch (error) {
    await service.close();
    throw error;
  }
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve());
  });
