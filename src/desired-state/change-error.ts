import { InvalidParamsError, ServiceError } from '../protocol/errors.ts';
import type { ChangeError } from '../protocol/generated/contract.ts';

/** What a change says of the error that it failed with. Throws what nobody planned, and what ends all: a cancellation. */
export function changeError(error: unknown): ChangeError {
  if (error instanceof InvalidParamsError) return { name: 'InvalidParams', message: error.message };
  if (!(error instanceof ServiceError)) throw error;
  const { hint, target } = error.facts;
  return {
    name: error.errorName,
    message: error.message,
    ...(hint !== undefined && { hint }),
    ...(target !== undefined && { target }),
  };
}

/** Runs the work and gives the error that it failed with, if it did. */
export async function failureOf(work: () => Promise<unknown>): Promise<ChangeError | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return changeError(error);
  }
}
