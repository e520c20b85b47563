import type { Methods } from '../../protocol/generated/contract.ts';
import type { CallOptions } from '../../service/call-options.ts';
import type { Session } from './session.ts';

/** A function for each method of the contract: a missing one does not compile, nor does one too many. */
export type Handlers = {
  [M in keyof Methods]: (params: Methods[M]['params'], call: CallOptions) => Promise<Methods[M]['result']>;
};

// What few clients ask for is loaded only then, for a quick start.
const applying = () => import('../../desired-state/apply.ts');
const exporting = () => import('../../desired-state/export.ts');
const importing = () => import('../../desired-state/import/import.ts');
const description = () => import('../../protocol/generated/openrpc.json', { with: { type: 'json' } });

/** Loads all of it. */
export const loadHandled = (): Promise<unknown> => Promise.all([applying(), exporting(), importing(), description()]);

/** What the worker does for each method, in one session. */
export function handlersFor(session: Session): Handlers {
  return {
    initialize: (params) => session.initialize(params),
    'reservation/create': async (params, call) => (await session.service()).create(params, call),
    'reservation/lookup': async (params) => (await session.service()).lookup(params),
    'reservation/list': async (params, call) => (await session.service()).list(params, call),
    'reservation/release': async (params, call) => (await session.service()).release(params, call),
    'reservation/probe': async (params) => (await session.service()).probe(params),
    'exclusion/add': async (params, call) => (await session.service()).addExclusion(params, call),
    'exclusion/remove': async (params, call) => (await session.service()).removeExclusion(params, call),
    'exclusion/list': async (params, call) => (await session.service()).listExclusions(params, call),
    'port/inspect': async (params, call) => (await session.service()).inspect(params, call),
    'port/find': async (params, call) => (await session.service()).find(params, call),
    'port/map': async (params, call) => (await session.service()).map(params, call),
    'system/dynamicRange': async (params) => (await session.service()).dynamicRange(params),
    'desiredState/apply': async (params, call) =>
      (await applying()).applyDesiredState(await session.service(), params, call),
    'desiredState/export': async (params) => (await exporting()).exportDesiredState(await session.service(), params),
    'desiredState/import': async (params) => (await importing()).importDesiredState(await session.service(), params),
    'address/open': async () => ({ address: await session.openAddress() }),
    shutdown: () => session.shutdown(),
    'rpc.discover': async () => (await description()).default,
  };
}
