import { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { createPersistent, deletePersistent, lookupPersistent } from '../../native/windows/iphlpapi.ts';
import { windowsBuild } from '../../native/windows/version.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type {
  Capabilities,
  PortRange,
  Protocol,
  ProviderName,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { PortSet, rangesWithout } from '../../protocol/port-set.ts';
import { endPort } from '../../protocol/ranges.ts';
import { newToken } from '../../protocol/token.ts';
import type { Excluder } from '../excluder.ts';
import type {
  Claim,
  Inspection,
  InspectionOptions,
  KeptRanges,
  Overview,
  Provider,
  RuntimeHolder,
  Survey,
} from '../provider.ts';
import { windowsCommands } from './commands.ts';
import { netshExcluder } from './exclusions.ts';
import { bindWithToken, HeldReservations } from './held-reservations.ts';
import { inspectPorts, overviewOfPorts } from './inspect.ts';
import { Look } from './look.ts';
import { allExcludedPortRanges, dynamicPortRange } from './netsh.ts';
import { firstBindablePort, firstRefusedPort, refusedRange, refuseKept, refuseTaken } from './refusal.ts';
import { refuseOrdinaryUser, refuseUsed, replacePersistent } from './replacement.ts';
import { Sight, sightOf } from './sight.ts';
import { isCode, tokenOfAnother, windowsError } from './windows-error.ts';

/** Windows' default, in case netsh does not say; a claim decides anyway (KB929851). */
const defaultDynamicRange = { startPort: 49152, numberOfPorts: 16384 };

/** From Windows 10 1809 and Windows Server 2019 on, makers of network software call SIO_ACQUIRE_PORT_RESERVATION safe. */
const firstSafeBuild = 17_763;

const unsafeAcquire = (build: number): string =>
  `This is Windows build ${build}. Runtime reservations are reported to be safe from build ${firstSafeBuild} on (Windows 10 1809, Windows Server 2019): before you rely on one here, try it; an update or a persistent reservation is the safer way.`;

/**
 * The system's own reservations: SIO_ACQUIRE_PORT_RESERVATION for runtime ones, the IP Helper functions for persistent
 * ones. Nobody binds inside them without the token.
 */
export class WindowsProvider implements Provider {
  readonly name: ProviderName = 'windows';
  readonly capabilities: Capabilities = {
    runtime: 'kernel',
    persistent: 'kernel',
    // A reservation lets nobody in without its token, which is valid in one process alone.
    yield: { tcp: 'ledger', udp: 'ledger' },
    handOver: 'token',
  };
  readonly commands = windowsCommands;
  readonly excluder: Excluder = netshExcluder;
  readonly #holder: RuntimeHolder;
  #hasCautioned = false;
  /** The tokens of runtime reservations that nothing holds. */
  readonly #unheld = new Set<string>();

  /** @param holder where runtime reservations live; default: this process */
  constructor(holder: RuntimeHolder = new HeldReservations()) {
    this.#holder = holder;
  }

  dynamicRange(protocol: Protocol): Promise<PortRange> {
    return dynamicPortRange(protocol);
  }

  async survey(protocol: Protocol, sockets: boolean, request?: object): Promise<Survey> {
    const look = new Look();
    const sight = sightOf(request);
    const [excluded, dynamicRange, urls, inUse] = await Promise.all([
      look.at(`The ${protocol} exclusions`, sight.rows(protocol), []),
      look.at('The dynamic range', sight.dynamicRange(protocol), defaultDynamicRange),
      protocol === 'tcp' ? look.at('The url reservations', sight.urls(), []) : [],
      sockets ? sight.sockets(protocol) : [],
    ]);
    const setOf = (ports: readonly { port: number }[]) =>
      PortSet.of(ports.map(({ port }) => ({ startPort: port, numberOfPorts: 1 })));
    return {
      inUse: setOf(inUse),
      excluded: PortSet.of(excluded.map(({ range }) => range)),
      redirected: new PortSet(),
      announced: setOf(urls),
      dynamicRange,
      warnings: look.warnings,
    };
  }

  /** The tables have no socket that is bound and no more. */
  async isServed(protocol: Protocol, range: PortRange): Promise<boolean> {
    return (await this.survey(protocol, true)).inUse.firstIn(range) !== undefined;
  }

  async isUsedByOthers(protocol: Protocol, range: PortRange): Promise<boolean> {
    return (await new Sight().sockets(protocol)).some(({ port }) => port >= range.startPort && port <= endPort(range));
  }

  async firstRefused(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<number | undefined> {
    try {
      return (await firstRefusedPort(protocol, range, signal))?.port;
    } catch (error) {
      throw windowsError(error, protocol, range);
    }
  }

  async inspect(protocol: Protocol, ranges: readonly PortRange[], options?: InspectionOptions): Promise<Inspection> {
    try {
      return await inspectPorts(protocol, ranges, { ...options, usualDynamicRange: defaultDynamicRange });
    } catch (error) {
      throw windowsError(error, protocol, ranges[0]!);
    }
  }

  overview(protocol: Protocol): Promise<Overview> {
    return overviewOfPorts(protocol, defaultDynamicRange);
  }

  async claim(claim: Claim): Promise<bigint> {
    const { protocol, range, lifetime, hold = 'strict', look, isTrial, signal } = claim;
    const sight = sightOf(look);
    // What is to go for it goes only where the rest can be had.
    if (claim.replacing?.length) await refuseFresh(claim, new Sight());
    try {
      if (hold !== 'strict') return await this.#claimUnheld(protocol, range, signal);
      if (lifetime === 'runtime') return await this.#holder.acquire(protocol, range);
      if (!claim.replacing?.length) return await createPersistent(protocol, range);
      sight.forgetRows(protocol);
      return await replacePersistent(claim);
    } catch (error) {
      throw await refusedRange(systemFailure(error), protocol, range, { sight, isTrial });
    }
  }

  async caution({ lifetime, hold = 'strict' }: Pick<Claim, 'lifetime' | 'hold'>): Promise<string | undefined> {
    if (this.#hasCautioned || lifetime !== 'runtime' || hold !== 'strict') return undefined;
    this.#hasCautioned = true;
    const build = await windowsBuild().catch(() => firstSafeBuild);
    return build < firstSafeBuild ? unsafeAcquire(build) : undefined;
  }

  async check(claim: Claim): Promise<void> {
    const { protocol, range, lifetime, replacing = [] } = claim;
    if (lifetime === 'persistent') await refuseOrdinaryUser(protocol, range);
    await refuseFresh(claim, sightOf(claim.look));
    try {
      for (const one of replacing) await refuseUsed(one);
    } catch (error) {
      throw await refusedRange(systemFailure(error), protocol, range, { sight: sightOf(claim.look) });
    }
  }

  async #claimUnheld(protocol: Protocol, range: PortRange, signal?: AbortSignal): Promise<bigint> {
    await refuseTaken(protocol, range, signal);
    const token = newToken();
    this.#unheld.add(String(token));
    return token;
  }

  /** The system remembers by itself what was claimed; what is freed is deleted, or all of it is as before. */
  async settle(_reservations: unknown, _exclusions: unknown, freed: readonly Reservation[] = []): Promise<void> {
    const gone: Reservation[] = [];
    try {
      for (const one of freed) {
        await this.release(one);
        gone.push(one);
      }
    } catch (error) {
      for (const { protocol, range } of gone) await createPersistent(protocol, range).catch(() => {});
      throw error;
    }
  }

  async checkSettled(_reservations: unknown, _exclusions: unknown, freed: readonly Reservation[] = []): Promise<void> {
    for (const { protocol, range } of freed) await refuseOrdinaryUser(protocol, range);
  }

  async release({ protocol, range, lifetime, token }: Reservation): Promise<void> {
    try {
      if (token !== undefined && this.#unheld.delete(token)) return;
      if (lifetime === 'persistent') await deletePersistent(protocol, range);
      else if (token !== undefined) await this.#holder.release(BigInt(token));
    } catch (error) {
      if (isCode(error, codes.ERROR_NOT_FOUND)) return;
      throw windowsError(error, protocol, range);
    }
  }

  async lookup(protocol: Protocol, range: PortRange): Promise<bigint | undefined> {
    try {
      return await lookupPersistent(protocol, range);
    } catch (error) {
      if (isCode(error, codes.ERROR_NOT_FOUND)) return undefined;
      throw windowsError(error, protocol, range);
    }
  }

  async probe({ protocol, lifetime, token }: Reservation, ports: PortRange): Promise<number> {
    if (token === undefined) throw tokenOfAnother(protocol, ports);
    const port = ports.numberOfPorts === 1 ? ports.startPort : 0;
    try {
      if (this.#unheld.has(token)) return await firstBindablePort(protocol, ports);
      if (lifetime === 'runtime') return await this.#holder.probe(protocol, BigInt(token), port);
      return await bindWithToken(protocol, BigInt(token), port);
    } catch (error) {
      throw windowsError(systemFailure(error), protocol, ports);
    }
  }

  async keptRanges(): Promise<KeptRanges> {
    const kept: KeptRanges = { ranges: [], warnings: [] };
    for (const protocol of ['tcp', 'udp'] as const) {
      const { ranges, failure } = await allExcludedPortRanges(protocol);
      kept.ranges.push(...ranges.map((range) => ({ protocol, range })));
      if (failure === undefined) continue;
      kept.warnings.push(`Persistent ${protocol} reservations of other programs may be missing. ${failure}`);
    }
    return kept;
  }

  async close(): Promise<void> {
    await this.#holder.close();
  }
}

/** Refuses a claim for what of it is not the caller's yet. */
async function refuseFresh(claim: Claim, sight: Sight): Promise<void> {
  const { protocol, range, hold = 'strict', replacing = [], isTrial, signal } = claim;
  const own = replacing.map((one) => one.range);
  for (const fresh of rangesWithout(range, own)) {
    try {
      await refuseTaken(protocol, fresh, signal);
      if (hold === 'strict') await refuseKept(protocol, fresh, sight);
    } catch (error) {
      throw await refusedRange(systemFailure(error), protocol, fresh, { sight, isTrial });
    }
  }
}

/** A failure that the client's process met, as the one of the system that it is. */
function systemFailure(error: unknown): unknown {
  if (!(error instanceof ServiceError) || error.facts.osCode === undefined) return error;
  const { osFunction = 'WSAIoctl', osCode } = error.facts;
  return new NativeError(osFunction, /^\d+$/.test(osCode) ? Number(osCode) : osCode, error);
}
