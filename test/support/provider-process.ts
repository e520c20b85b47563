import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { thisHost } from '../../src/host.ts';
import { ServiceError } from '../../src/protocol/errors.ts';
import type { PortExclusion, PortRange } from '../../src/protocol/generated/contract.ts';
import { PortSet } from '../../src/protocol/port-set.ts';
import type { Excluder } from '../../src/providers/excluder.ts';
import { LinuxProvider } from '../../src/providers/linux/provider.ts';
import type { FoundHolder, Overview, Provider, Survey } from '../../src/providers/provider.ts';
import { LedgerProvider } from '../../src/providers/sockets/provider.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { bundledProgram } from './bundled-program.ts';
import type { Machine } from './machine.ts';

const bundled = bundledProgram(join(import.meta.dirname, 'provider-host.ts'));

/** A provider in a process of its own. */
export interface ProviderProcess extends Machine {
  /** Lets the process die, by SIGKILL, when it is about to make its nth call that changes a file. */
  killBefore(call: number): Promise<void>;
  /** Lets a service of that process, with its ledger in this home, change an exclusion. */
  callService<M extends 'addExclusion' | 'removeExclusion'>(
    home: string,
    method: M,
    params: Parameters<PortService[M]>[0],
  ): Promise<PortExclusion>;
}

interface Reply {
  /** None: the host is ready. */
  id?: number;
  result?: unknown;
  error?: { errorName?: ServiceError['errorName']; message: string; facts?: ServiceError['facts']; stack?: string };
}

type Call = <Result>(name: string, ...args: unknown[]) => Promise<Result>;

function asError({ errorName, message, facts, stack }: NonNullable<Reply['error']>): Error {
  return errorName ? new ServiceError(errorName, message, facts) : new Error(stack ?? message);
}

/** Calls the host; its end fails the calls under way. Call 0 is answered when it is ready. */
function caller(child: ChildProcess): { ready: Promise<unknown>; call: Call } {
  const waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  const answerTo = <Result>(id: number) =>
    new Promise<Result>((resolve, reject) => void waiting.set(id, { resolve, reject }));
  let last = 0;
  let ended: Error | undefined;
  child.once('close', (code, signal) => {
    ended = new Error(`the provider's process ended with ${signal ?? code}`);
    for (const { reject } of waiting.values()) reject(ended);
  });
  createInterface({ input: child.stdout! }).on('line', (line) => {
    const { id = 0, result, error }: Reply = JSON.parse(line);
    const { resolve, reject } = waiting.get(id)!;
    waiting.delete(id);
    if (error) reject(asError(error));
    else resolve(result as never);
  });
  const call: Call = (name, ...args) => {
    if (ended) return Promise.reject(ended);
    child.stdin!.write(`${JSON.stringify({ id: ++last, call: name, args })}\n`);
    return answerTo(last);
  };
  return { ready: answerTo(0), call };
}

type SetOfSurvey = 'inUse' | 'excluded' | 'redirected' | 'announced';
type PlainSurvey = Record<SetOfSurvey, PortRange[]> & Omit<Survey, SetOfSurvey>;
type PlainOverview = Omit<Overview, 'holders'> & { holders: [number, FoundHolder[]][] };

const excluderProxy = (call: Call): Excluder => ({
  list: (...args) => call('excluder', 'list', ...args),
  add: ({ signal, ...request }) => call('excluder', 'add', request),
  checkAddition: ({ signal, ...request }) => call('excluder', 'checkAddition', request),
  remove: (...args) => call('excluder', 'remove', ...args),
  checkRemoval: (...args) => call('excluder', 'checkRemoval', ...args),
});

function providerProxy(call: Call, name: 'linux' | 'ledger'): Provider {
  const { capabilities, commands } = name === 'linux' ? new LinuxProvider(thisHost()) : new LedgerProvider(thisHost());
  return {
    name,
    capabilities,
    commands,
    firstRefused: (protocol, range) => call('firstRefused', protocol, range),
    isServed: (...args) => call('isServed', ...args),
    isUsedByOthers: (...args) => call('isUsedByOthers', ...args),
    inspect: (protocol, ranges) => call('inspect', protocol, ranges),
    overview: async (protocol) => {
      const { holders, ...rest } = await call<PlainOverview>('overview', protocol);
      return { ...rest, holders: new Map(holders) };
    },
    dynamicRange: (...args) => call('dynamicRange', ...args),
    claim: async ({ signal, ...claim }) => {
      signal?.throwIfAborted();
      return BigInt(await call<string>('claim', claim));
    },
    settle: (...records) => call('settle', ...records),
    check: ({ signal, ...claim }) => call('check', claim),
    checkSettled: (...records) => call('checkSettled', ...records),
    ...(name === 'linux' && { excluder: excluderProxy(call) }),
    release: (record) => call('release', record),
    survey: async (...args) => {
      const { inUse, excluded, redirected, announced, ...rest } = await call<PlainSurvey>('survey', ...args);
      return {
        inUse: PortSet.of(inUse),
        excluded: PortSet.of(excluded),
        redirected: PortSet.of(redirected),
        announced: PortSet.of(announced),
        ...rest,
      };
    },
    probe: (...args) => call('probe', ...args),
    close: () => call('closeProvider'),
  };
}

/** What a provider's process is started with. */
export interface ProcessOptions {
  provider?: 'linux' | 'ledger';
  /** A user without rights, instead of root. */
  userId?: number;
  umask?: number;
}

/**
 * Starts a provider in a process of its own, which ends with the test.
 * @param prefix a command that runs another, such as nsenter with its options
 */
export async function startProvider(
  prefix: readonly string[],
  { provider = 'linux', userId = 0, umask = 0o022 }: ProcessOptions = {},
): Promise<ProviderProcess> {
  const [command, ...args] = [...prefix, process.execPath, await bundled(), provider, String(userId), String(umask)];
  const child = spawn(command!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  const { ready, call } = caller(child);
  const close = async () => {
    child.stdin!.end();
    await closed;
  };
  onTestFinished(close);
  await ready;
  return {
    provider: providerProxy(call, provider),
    tryBind: (...args) => call('tryBind', ...args),
    openSocket: (...args) => call('openSocket', ...args),
    closeSockets: () => call('closeSockets'),
    automaticPorts: (...args) => call('automaticPorts', ...args),
    killBefore: (...args) => call('killBefore', ...args),
    callService: (...args) => call('callService', ...args),
    close,
  };
}
