import { openService, type ServiceOptions } from '../open-service.ts';
import { InvalidParamsError } from '../protocol/errors.ts';
import type { PortStatus, Protocol } from '../protocol/generated/contract.ts';
import { isClosing } from '../protocol/is-closing.ts';
import type { PortService } from '../service/port-service.ts';
import { answers } from './answers.ts';
import { Deadline, type WaitOptions } from './deadline.ts';
import { checkPort } from './place.ts';
import { PortWaitError } from './wait-error.ts';

/** What is waited for, and how long. */
export interface WaitForPortOptions extends WaitOptions {
  /** Of this machine alone for `udp`. Default `tcp`. */
  protocol?: Protocol;
  /** A name or an address. Default: this machine, either family. */
  host?: string;
}

/** How long a port is waited for. */
export interface WaitUntilFreeOptions extends WaitOptions {
  /** Default `tcp`. */
  protocol?: Protocol;
}

const loopbacks = ['127.0.0.1', '::1'];
const firstRest = 25;
const longestRest = 250;
/** Looking is a small part of the time, however long it takes. */
const restPerLook = 4;

/**
 * Waits until something listens on the port: until it accepts a connection, or of `udp`, until a socket of this machine
 * has it.
 *
 * @throws PortWaitError when time runs out, with who has the port
 * @throws InvalidParamsError bad values; the signal's reason when it is aborted
 *
 * @example
 * await waitForPort(5432, { host: 'db', timeout: 10_000 });
 */
export async function waitForPort(
  port: number,
  { protocol = 'tcp', host, ...options }: WaitForPortOptions = {},
  service: ServiceOptions = {},
): Promise<void> {
  checkPort(port);
  checkProtocol(protocol);
  if (protocol === 'udp' && host !== undefined) throw invalid('host', 'is for tcp: nobody answers for a udp socket');
  const deadline = new Deadline(options);
  if (protocol === 'udp') {
    const isThere = ({ holders }: PortStatus) => holders.some(({ state }) => state === 'listening');
    return untilStatus({ protocol, port, is: isThere, not: 'Nothing receives on' }, deadline, options, service);
  }
  const hosts = host === undefined ? loopbacks : [host];
  for (let rest = firstRest; ; rest = Math.min(2 * rest, longestRest)) {
    for (const one of hosts) if (await answers(port, one, { left: deadline.left, signal: options.signal })) return;
    if (deadline.isOver()) break;
    await deadline.rest(rest);
  }
  const what = host === undefined ? `tcp ${port}` : `${host} port ${port}`;
  const status = host === undefined ? await statusOf({ protocol, port }, service) : undefined;
  const who = status ? `: ${status.explanation}` : '.';
  throw new PortWaitError(`Nothing listens on ${what} after ${deadline}${who}`, { protocol, port, status });
}

/**
 * Waits until a server could have the port: nothing is bound to it, or nothing but connections that are closing, and
 * nobody has reserved it.
 *
 * @throws PortWaitError when time runs out, with who has the port
 * @throws InvalidParamsError bad values; the signal's reason when it is aborted; ServiceError as `status` does
 *
 * @example
 * await waitUntilFree(3000);
 */
export async function waitUntilFree(
  port: number,
  { protocol = 'tcp', ...options }: WaitUntilFreeOptions = {},
  service: ServiceOptions = {},
): Promise<void> {
  checkPort(port);
  checkProtocol(protocol);
  const deadline = new Deadline(options);
  await untilStatus({ protocol, port, is: isFree, not: 'Somebody has' }, deadline, options, service);
}

/** A server sets SO_REUSEADDR, so that closing connections do not stand in its way. */
const isFree = ({ canBind, reservation, serving, holders }: PortStatus) =>
  !reservation && (canBind || (serving?.all ?? (holders.length > 0 && holders.every(isClosing))));

interface Awaited {
  protocol: Protocol;
  port: number;
  is: (status: PortStatus) => boolean;
  /** How the sentence begins that says it is not so. */
  not: string;
}

async function untilStatus(
  { is, not, ...place }: Awaited,
  deadline: Deadline,
  { signal }: WaitOptions,
  options: ServiceOptions,
): Promise<void> {
  const service = await openService(options);
  try {
    for (;;) {
      const started = performance.now();
      const status = await lookAt(service, place, signal);
      if (is(status)) return;
      if (deadline.isOver()) {
        const message = `${not} ${place.protocol} ${place.port} after ${deadline}: ${status.explanation}`;
        throw new PortWaitError(message, { ...place, status });
      }
      await deadline.rest(Math.max(firstRest, restPerLook * (performance.now() - started)));
    }
  } finally {
    await service.close();
  }
}

async function lookAt(
  service: PortService,
  { protocol, port }: { protocol: Protocol; port: number },
  signal?: AbortSignal,
): Promise<PortStatus> {
  const range = { startPort: port, numberOfPorts: 1 };
  return (await service.inspect({ protocol: [protocol], ranges: [range] }, { signal })).ports[0]!;
}

/** What can be said of the port; nothing where the system does not say it. */
async function statusOf(place: { protocol: Protocol; port: number }, options: ServiceOptions) {
  try {
    const service = await openService(options);
    try {
      return await lookAt(service, place);
    } finally {
      await service.close();
    }
  } catch {
    return undefined;
  }
}

const invalid = (field: string, message: string) => new InvalidParamsError([{ field, message }]);

function checkProtocol(protocol: unknown): void {
  if (protocol !== 'tcp' && protocol !== 'udp') throw invalid('protocol', 'must be tcp or udp');
}
