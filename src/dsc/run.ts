import { exitCode } from '../exit-codes.ts';
import { type Host, thisHost } from '../host.ts';
import { openService } from '../open-service.ts';
import { type ErrorName, InvalidParamsError, loadErrorOf, ServiceError } from '../protocol/errors.ts';
import { dscExitCodes, type ProviderChoice } from '../protocol/generated/contract.ts';
import { isProvider } from '../rpc/server/command-line.ts';
import type { PortService } from '../service/port-service.ts';
import { ExclusionResource } from './exclusion.ts';
import { readInput } from './input.ts';
import { ReservationResource } from './reservation.ts';
import { ReservationListResource } from './reservation-list.ts';
import { ChangesFailed, type Command, type Line, parseCommand, runOperation, UsageError } from './run-operation.ts';
import { createTrace, type DscStreams, type Output, type Trace } from './streams.ts';

export type { DscStreams } from './streams.ts';

/**
 * Does what the DSC engine asks of a command resource: `<operation> <resource> [--what-if]`.
 * @returns the exit code: 0 done, the error's own, 1 several errors, 64 wrong arguments or input, 70 a fault of ours
 */
export async function runDsc(
  args: readonly string[],
  { stdin, stdout, stderr }: DscStreams,
  host: Host = thisHost(),
): Promise<number> {
  const trace = createTrace((text) => writeIfTaken(stderr, text), host.env.DSC_TRACE_LEVEL);
  try {
    const command = parseCommand(args);
    const input = await readInput(stdin);
    const service = await openService({ provider: providerOf(host), host });
    try {
      trace('debug', `${command.operation} ${command.resource}, by the ${service.provider} provider`);
      const lines = await answer(command, input, service, trace);
      writeResults(stdout, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
    } finally {
      await service.close();
    }
    return exitCode.done;
  } catch (error) {
    return report(error, trace);
  }
}

function writeResults(stdout: Output, text: string): void {
  try {
    stdout.write(text);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ServiceError('OsError', `The results cannot be written: ${message}.`, { osCode: code }, error);
  }
}

/** What nobody takes is nobody's failure. */
function writeIfTaken(stderr: Output, text: string): void {
  try {
    stderr.write(text);
  } catch {}
}

/** The manifests give all the same command line, so the provider is chosen by the environment. */
function providerOf({ env }: Host): ProviderChoice {
  const { PORT_RESERVATION_PROVIDER: chosen = 'auto' } = env;
  if (isProvider(chosen)) return chosen;
  throw new ServiceError('NotSupported', `PORT_RESERVATION_PROVIDER is ${JSON.stringify(chosen)}.`, {
    target: chosen,
    hint: 'Set it to auto, windows, linux or ledger, or unset it.',
  });
}

function answer({ operation, resource }: Command, input: unknown, service: PortService, trace: Trace): Promise<Line[]> {
  const warn = (message: string) => trace('warn', message);
  const given = { service, input, warn };
  switch (resource) {
    case 'reservation':
      return runOperation(operation, new ReservationResource(service, warn), given);
    case 'reservationlist':
      return runOperation(operation, new ReservationListResource(service, warn), given);
    case 'exclusion':
      return runOperation(operation, new ExclusionResource(service, warn), given);
    default:
      throw new UsageError(`There is no resource ${resource}; there are Reservation, ReservationList and Exclusion.`);
  }
}

/** Says what went wrong, a trace for each thing, and gives the exit code. */
function report(thrown: unknown, trace: Trace): number {
  const error = loadErrorOf(thrown) ?? thrown;
  if (error instanceof ChangesFailed) {
    for (const { name, message, hint } of error.errors) trace('error', said(name, message, hint));
    const names = new Set(error.errors.map(({ name }) => name));
    return names.size === 1 ? exitCodeOf([...names][0]!) : exitCode.failed;
  }
  if (error instanceof UsageError) {
    trace('error', error.message);
    return exitCode.usage;
  }
  if (error instanceof InvalidParamsError) {
    for (const { field, message } of error.errors) trace('error', `${field || 'the input'} ${message}`);
    return exitCode.usage;
  }
  if (error instanceof ServiceError) {
    const { errorName, message, facts } = error;
    trace('error', said(errorName, message, facts.hint));
    return exitCodeOf(errorName);
  }
  trace('error', `A fault of PortReservation: ${error instanceof Error ? error.stack : String(error)}`);
  return exitCode.internal;
}

/** Where an exit code is all that is passed on, it still says why. */
const exitCodeOf = (name: string): number => dscExitCodes[name as ErrorName] ?? exitCode.failed;

const said = (name: string, message: string, hint: string | undefined): string =>
  [`${name}: ${message}`, hint].filter(Boolean).join(' ');
