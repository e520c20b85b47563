import { ServiceError } from '../../protocol/errors.ts';
import {
  type ClientCapabilities,
  type InitializeParams,
  type InitializeResult,
  type Notifications,
  type ProviderChoice,
  packageVersion,
  protocolVersion,
} from '../../protocol/generated/contract.ts';
import type { RuntimeHolder } from '../../providers/provider.ts';
import type { PortService } from '../../service/port-service.ts';
import { Fault } from '../wire/fault.ts';
import type { Log } from './log.ts';

/** How the client wants its service. */
export interface OpenOptions {
  provider: ProviderChoice;
  /** Where runtime reservations live whose token is valid in one process alone; absent: in the worker. */
  holder?: RuntimeHolder;
  /** The process that the client says it is. */
  processId?: number;
}

/** What a session needs of the process it runs in. */
export interface SessionOptions {
  /** Opens the service; called at `initialize` or at the first request that needs it. */
  openService: (options: OpenOptions) => Promise<PortService>;
  /** The provider when `initialize` names none. */
  provider: ProviderChoice;
  /** Listens for others until this process ends, and says where; absent where this conversation is one of those others'. */
  openAddress?: (provider: ProviderChoice) => Promise<string>;
  /** The operating system, as Node names it. */
  platform: string;
  /** Is told who the client is. */
  onInitialize: (params: InitializeParams) => void;
}

/** The options with what the connection adds. */
interface SessionSurroundings extends SessionOptions {
  /** Cancels the other requests and waits until they are answered. */
  drain: () => Promise<void>;
  /** The client as the holder of its own runtime reservations. */
  holder: RuntimeHolder;
  /** Sends a notification; settles when it has left this process, or is lost. */
  tell: <N extends keyof Notifications>(name: N, params: Notifications[N]) => Promise<void>;
  log: Log;
}

/** The life of one conversation: opened by `initialize` or by any request, closed by `shutdown` or by its end. */
export class Session {
  readonly #options: SessionSurroundings;
  #open: OpenOptions;
  #service: Promise<PortService> | undefined;
  #dialect: ClientCapabilities['dialect'];
  #hasStarted = false;
  #isShutDown = false;

  constructor(options: SessionSurroundings) {
    this.#options = options;
    this.#open = { provider: options.provider };
  }

  /** Whether `shutdown` was served. */
  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  /** In whose words the client wants what is to be done. */
  get dialect(): ClientCapabilities['dialect'] {
    return this.#dialect;
  }

  /** Is told each request before it is served. @throws Fault when its time is over, or not yet come */
  begin(method: string): void {
    if (this.#isShutDown) throw new Fault('InvalidRequest', 'The worker was shut down; only exit is served now.');
    if (method === 'initialize' && this.#hasStarted) {
      throw new Fault('InvalidRequest', 'initialize must be the first request, and is sent once.');
    }
    this.#hasStarted = true;
  }

  async initialize(params: InitializeParams): Promise<InitializeResult> {
    const theirs = params.protocolVersion ?? protocolVersion;
    if (theirs !== protocolVersion) throw wrongVersion(theirs);
    if (params.provider) this.#open.provider = params.provider;
    if (params.processId) this.#open.processId = params.processId;
    this.#dialect = params.capabilities?.dialect;
    if (params.capabilities?.holder) this.#open.holder = this.#options.holder;
    const service = await this.service();
    const { provider, capabilities } = service;
    if (params.capabilities?.reservationChanged) {
      const { tell, log } = this.#options;
      const onTrouble = (error: unknown) => log.warn('changes of the reservations may be missed', { error });
      await service.watch((change) => tell('reservation/changed', change), { onTrouble });
    }
    this.#options.onInitialize(params);
    return {
      serverInfo: { name: 'portreservation', version: packageVersion },
      protocolVersion,
      platform: this.#options.platform,
      provider,
      capabilities,
    };
  }

  /** The service, opened on first use. An open that failed is tried again by the next request. */
  service(): Promise<PortService> {
    this.#service ??= this.#options.openService(this.#open).catch((error) => {
      this.#service = undefined;
      throw error;
    });
    return this.#service;
  }

  /** The address that this worker serves others at. */
  openAddress(): Promise<string> {
    const { openAddress } = this.#options;
    if (!openAddress) throw servedAtOne();
    return openAddress(this.#open.provider);
  }

  async shutdown(): Promise<null> {
    this.#isShutDown = true;
    await this.#options.drain();
    await this.close();
    return null;
  }

  /** Resolves when the service is open that is being opened. */
  async opened(): Promise<void> {
    await this.#service?.catch(() => undefined);
  }

  /** Frees the ports that are held, while requests are still being served. */
  async letGo(): Promise<void> {
    const service = await this.#service?.catch(() => undefined);
    await service?.letGo();
  }

  /** Frees all that the service holds. */
  async close(): Promise<void> {
    const service = await this.#service?.catch(() => undefined);
    await service?.close();
  }
}

const servedAtOne = () =>
  new ServiceError('NotSupported', 'Who came by an address has it to hand down already.', {
    target: 'address/open',
    hint: 'Hand down the address that you have come by.',
  });

function wrongVersion(theirs: number): ServiceError {
  const older = theirs < protocolVersion ? 'client' : 'worker';
  return new ServiceError(
    'NotSupported',
    `This worker (${packageVersion}) speaks protocol version ${protocolVersion}; the client asked for version ${theirs}.`,
    { target: `protocolVersion ${theirs}`, hint: `Update the ${older}, so that both come from the same release.` },
  );
}
