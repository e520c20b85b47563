import { expect, test } from 'vitest';
import { methodNames } from '../../../src/protocol/generated/contract.ts';
import { type Handlers, handlersFor } from '../../../src/rpc/server/handlers.ts';
import type { Session } from '../../../src/rpc/server/session.ts';

declare const all: Handlers;

test('there is a handler for each method of the contract and none besides', () => {
  expect(Object.keys(handlersFor({} as Session)).sort()).toEqual([...methodNames].sort());
});

// Checked by the compiler: each of these fails the type check when it stops being wrong.
const compiled = () => {
  const { shutdown, ...rest } = all;
  // @ts-expect-error a missing handler
  const missing: Handlers = rest;
  // @ts-expect-error a handler for a method that is not in the contract
  const stale: Handlers = { ...rest, shutdown, 'reservation/renew': async () => null };
  // @ts-expect-error a result of another type
  const wrong: Handlers = { ...rest, shutdown: async () => 5 };
  return [missing, stale, wrong];
};
void compiled;
