import { accept } from './accept.ts';
import { type FieldError, InvalidParamsError } from './errors.ts';
import type { Methods } from './generated/contract.ts';
import { methodParams } from './generated/validators/params.js';
import type { Validator } from './generated/validators/validator.ts';

/**
 * Checks a method's params against the contract. None at all are `{}`.
 * @throws InvalidParamsError naming each field that breaks it
 */
export function checkParams<M extends keyof Methods>(method: M, params: unknown): Methods[M]['params'] {
  const validate = methodParams[method];
  const object = isAbsent(params) ? {} : params;
  if (Array.isArray(object)) throw new InvalidParamsError([byName]);
  return checked<Methods[M]['params']>(validate, object);
}

const byName: FieldError = { field: '', message: 'params are given by name, in an object, not in an array' };

/** Clients write "no params" in three ways. */
const isAbsent = (params: unknown) =>
  params === undefined || params === null || (Array.isArray(params) && params.length === 0);

/**
 * The value, if the validator accepts it.
 * @throws InvalidParamsError naming each field that breaks the schema
 */
export function checked<T>(validate: Validator<T>, value: unknown): T {
  const accepted = accept(validate, value, 'parameter');
  if (!accepted.faults) return accepted.value;
  throw new InvalidParamsError(accepted.faults.map(({ field, message }) => ({ field, message })));
}
