import type { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { isServiceRunning, serviceStopped, startService, stopService } from '../../native/windows/services.ts';
import { ServiceError } from '../../protocol/errors.ts';
import { isCode, needsElevation, reasonOf } from './windows-error.ts';

/** The service of Windows' address translation, for containers, WSL and virtual machines; it takes ranges at its start. */
const winnat = 'winnat';

/** What has been seen after a restart of it. */
export const natCost =
  'WSL, containers and virtual machines lose their connections, and may have no network until they are restarted, too (wsl --shutdown; Docker Desktop).';

/** What is said when it was done. */
export const natRestarted = (target: string): string =>
  `WinNAT was stopped for ${target} and runs again. Where WSL, a container or a virtual machine has no network now, restart it (wsl --shutdown; Docker Desktop).`;

export const isNatRunning = (): Promise<boolean> => isServiceRunning(winnat);

/** A change that is made while WinNAT is stopped, and can be taken back. */
export interface ChangeWithoutNat<T> {
  /** What it is about, for messages. */
  target: string;
  make(): Promise<T>;
  undo(made: T): Promise<void>;
}

/**
 * Stops WinNAT, makes the change, and starts WinNAT again, whatever happens meanwhile. Where it was not running it stays
 * as it is. A change that WinNAT does not start with is taken back.
 *
 * @throws ServiceError AccessDenied, OsError; what the change threw
 */
export async function withoutNat<T>({ target, make, undo }: ChangeWithoutNat<T>): Promise<T> {
  if (!(await isStopping(target))) return make();
  let made: { it: T } | undefined;
  let failure: { error: unknown } | undefined;
  let isStopped = false;
  try {
    await serviceStopped(winnat).catch((error: unknown) => {
      throw notStopped(target, error);
    });
    isStopped = true;
    made = { it: await make() };
  } catch (error) {
    failure = { error };
  }
  try {
    await startService(winnat);
  } catch (error) {
    const before = made ? await undo(made.it).catch((fault: unknown) => fault) : failure?.error;
    const isBack = made && (await startsAfterAll());
    const state = isBack
      ? 'It runs again, without that change.'
      : 'Containers, WSL and virtual machines have no network now.';
    throw notStarted(target, { state, before }, error);
  }
  if (failure) throw isStopped ? alsoRestarted(failure.error, target) : failure.error;
  return made!.it;
}

/** The failure, and what the restart may have cost all the same. */
function alsoRestarted(error: unknown, target: string): unknown {
  if (!(error instanceof ServiceError)) return error;
  const { hint, ...facts } = error.facts;
  return new ServiceError(
    error.errorName,
    error.message,
    { ...facts, hint: [hint, natRestarted(target)].filter(Boolean).join(' ') },
    error.cause,
  );
}

const startsAfterAll = () =>
  startService(winnat).then(
    () => true,
    () => false,
  );

/** Tells WinNAT to stop; false where it does not run. */
async function isStopping(target: string): Promise<boolean> {
  try {
    if (!(await isNatRunning())) return false;
    await stopService(winnat);
    return true;
  } catch (error) {
    throw isCode(error, codes.ERROR_ACCESS_DENIED) ? needsElevation(target, error) : notStopped(target, error);
  }
}

const notStopped = (target: string, error: unknown): ServiceError =>
  new ServiceError(
    'OsError',
    `WinNAT could not be stopped, so ${target} was left alone: ${reasonOf(error)}.`,
    {
      target,
      hint: 'End the containers, WSL (wsl --shutdown) and virtual machines that use it, and try again.',
      ...systemFacts(error),
    },
    error,
  );

function notStarted(
  target: string,
  { state, before }: { state: string; before: unknown },
  error: unknown,
): ServiceError {
  const also = before === undefined ? '' : ` Beside that: ${reasonOf(before)}`;
  return new ServiceError(
    'OsError',
    `WinNAT was stopped for ${target} and did not start again: ${reasonOf(error)}. ${state}${also}`,
    { target, hint: 'See whether it runs, and start it: sc.exe query winnat; net start winnat', ...systemFacts(error) },
    error,
  );
}

function systemFacts(error: unknown) {
  const { code, function: osFunction } = error as Partial<NativeError>;
  return { ...(code !== undefined && { osCode: code }), ...(osFunction !== undefined && { osFunction }) };
}
