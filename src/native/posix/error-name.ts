import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';

/** The name of an error number, also of those that Node itself does not name, such as EDQUOT and ENOLCK. */
export function errorName(number: number): string {
  const name = getSystemErrorName(-number);
  if (!name.startsWith('Unknown')) return name;
  return Object.entries(constants.errno).find(([, value]) => value === number)?.[0] ?? `${number}`;
}
