import type { Methods } from '../protocol/generated/contract.ts';
import type { Session } from './session.ts';

/** A function for each method of the contract: a missing one does not compile, nor does one too many. */
export type Handlers = {
  [M in keyof Methods]: (params: Methods[M]['params'], signal: AbortSignal) => Promise<Methods[M]['result']>;
};

/** What the worker does for each method, in one session. */
export function handlersFor(session: Session): Handlers {
  return {
    initialize: (params) => session.initialize(params),
    'reservation/create': async (params, signal) => (await session.service()).create(params, signal),
    'reservation/createAll': async (params, signal) => (await session.service()).createAll(params, signal),
    'reservation/lookup': async (params) => (await session.service()).lookup(params),
    'reservation/list': async (params) => (await session.service()).list(params),
    'reservation/release': async (params, signal) => (await session.service()).release(params, signal),
    'reservation/probe': async (params) => (await session.service()).probe(params),
    'exclusion/add': async (params, signal) => (await session.service()).addExclusion(params, signal),
    'exclusion/remove': async (params, signal) => (await session.service()).removeExclusion(params, signal),
    'exclusion/list': async (params) => (await session.service()).listExclusions(params),
    'port/inspect': async (params, signal) => (await session.service()).inspect(params, signal),
    'port/find': async (params, signal) => (await session.service()).find(params, signal),
    'system/dynamicRange': async (params) => (await session.service()).dynamicRange(params),
    shutdown: () => session.shutdown(),
    'rpc.discover': async () =>
      (await import('../protocol/generated/openrpc.json', { with: { type: 'json' } })).default,
  };
}
