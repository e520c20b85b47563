import { expect, test } from 'vitest';
import { type ErrorName, ServiceError } from '../../src/protocol/errors.ts';

test.each<[ErrorName, string | number | undefined, string | undefined]>([
  ['PortInUse', 'EADDRINUSE', 'EADDRINUSE'],
  ['PortInUse', 10048, 'EADDRINUSE'],
  ['AccessDenied', 'EPERM', 'EPERM'],
  ['AccessDenied', 5, 'EACCES'],
  ['NotFound', undefined, 'ENOENT'],
  ['OsError', 'EMFILE', 'EMFILE'],
  ['OsError', 31, undefined],
  ['NoFreeRange', undefined, undefined],
])('%s with the code %s of the system has the code %s', (name, osCode, code) => {
  const error = new ServiceError(name, 'It failed.', { osCode });
  expect(error.code).toBe(code);
  expect(error.facts.osCode).toBe(osCode === undefined ? undefined : String(osCode));
});

test('the number on the wire is of its own', () => {
  expect(new ServiceError('PortInUse', 'It is taken.').number).toBe(2);
});
