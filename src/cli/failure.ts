import { inCommandLine } from '../dialects/command-line.ts';
import { exitCode } from '../exit-codes.ts';
import { PortWaitError } from '../library/wait-error.ts';
import { DocumentError, type FieldError, InvalidParamsError, loadErrorOf, ServiceError } from '../protocol/errors.ts';
import type { Remedy } from '../protocol/generated/contract.ts';
import { printable } from './table.ts';
import { commandFor } from './words.ts';

/** An error as it is shown, and written with `--json`. */
interface Failure {
  /** The number on the wire; JSON-RPC's own for bad words and for faults. */
  code: number;
  name: string;
  message: string;
  hint?: string;
  remedy?: Remedy;
  /** Each field or place that is wrong. */
  errors?: FieldError[];
}

const invalidParams = -32602;
const internalError = -32603;

/** `within.numberOfPorts` is what `--within` said. */
const optionOf = (field: string) =>
  `--${field.split('.')[0]!.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** As compilers write it, so that the eye finds the place. */
const faultLine = ({ field, message, line, column }: FieldError) =>
  `${line === undefined ? '' : `line ${line}, column ${column}: `}${field || 'the document'} ${message}`;

function failureOf(thrown: unknown): Failure {
  const error = loadErrorOf(thrown) ?? thrown;
  if (error instanceof ServiceError) {
    return { code: error.number, name: error.errorName, message: error.message, ...error.facts };
  }
  if (error instanceof DocumentError) {
    const message = ['The document is wrong, and nothing was changed.', ...error.errors.map(faultLine)].join('\n  ');
    return { code: invalidParams, name: 'InvalidDocument', message, errors: error.errors };
  }
  if (error instanceof InvalidParamsError) {
    const message = error.errors.map(({ field, message }) => `${optionOf(field)} ${message}`).join('; ');
    return { code: invalidParams, name: 'InvalidParams', message: `${message}.`, errors: error.errors };
  }
  if (error instanceof UsageError) {
    return { code: invalidParams, name: 'Usage', message: error.message, ...(error.hint && { hint: error.hint }) };
  }
  if (error instanceof PortWaitError) {
    const remedy = error.status?.remedy;
    return { code: internalError, name: 'TimedOut', message: error.message, ...(remedy && { remedy }) };
  }
  if (error instanceof CommandError) return { code: internalError, name: 'CommandNotRun', message: error.message };
  return {
    code: internalError,
    name: 'InternalError',
    message: error instanceof Error ? `${error.stack}` : `${error}`,
  };
}

/** The error in words, with what to do about it, or as one JSON document. */
export function formatFailure(error: unknown, asJson: boolean): string {
  const failure = failureOf(error);
  if (asJson) return `${JSON.stringify({ error: failure })}\n`;
  const { message, hint, remedy } = failure;
  const advice = [hint && inCommandLine(hint), remedy && commandFor(remedy)].filter((line) => line !== undefined);
  return [
    `portreservation: ${printable(inCommandLine(message))}\n`,
    ...advice.map((line) => `  ${printable(line)}\n`),
  ].join('');
}

const isAboutWords = (error: unknown) => error instanceof UsageError || error instanceof InvalidParamsError;

/** The exit code that goes with the error. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError) return error.exitCode;
  return isAboutWords(error) && !(error instanceof DocumentError) ? exitCode.usage : exitCode.failed;
}

/** The words do not make a command. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

/** The command could not be run; the exit code is the one that shells have for it. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(command: string, cause: NodeJS.ErrnoException) {
    const isMissing = cause.code === 'ENOENT' || command === '';
    super(`${JSON.stringify(command)} ${isMissing ? 'was not found' : `cannot be run: ${cause.message}`}.`, { cause });
    this.name = 'CommandError';
    this.exitCode = isMissing ? 127 : 126;
  }
}
