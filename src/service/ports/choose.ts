import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { endPort, formatAllPorts, formatRange, maximumPort } from '../../protocol/ranges.ts';
import type { Survey } from '../../providers/provider.ts';

/** Below are the ports people know by heart. */
export const firstChosenPort = 10_000;

/** From this many ports on, reading the system's socket tables is cheaper than finding out by binding. */
export const surveySocketsFrom = 16;

const between = (first: number, last: number): PortRange => ({ startPort: first, numberOfPorts: last - first + 1 });

/**
 * Where to look when the caller does not say: from 10000 to just below the dynamic range; if that leaves too little room,
 * above the dynamic range; if that does too, anywhere from 10000 up.
 */
export function defaultWindow(dynamicRange: PortRange, numberOfPorts: number): PortRange {
  const below = between(firstChosenPort, dynamicRange.startPort - 1);
  if (below.numberOfPorts >= numberOfPorts) return below;
  const above = between(Math.max(firstChosenPort, endPort(dynamicRange) + 1), maximumPort);
  if (above.numberOfPorts >= numberOfPorts) return above;
  return between(firstChosenPort, maximumPort);
}

/** What is taken in any of the protocols: a port must be free in all of them. */
export function combined(surveys: readonly Survey[]): Survey {
  const [first, ...others] = surveys as [Survey, ...Survey[]];
  if (others.length === 0) return { ...first, warnings: [...new Set(first.warnings)] };
  const all: Survey = {
    inUse: new PortSet(),
    excluded: new PortSet(),
    redirected: new PortSet(),
    announced: new PortSet(),
    dynamicRange: first.dynamicRange,
    warnings: [...new Set(surveys.flatMap(({ warnings }) => warnings))],
  };
  for (const { inUse, excluded, redirected, announced } of surveys) {
    all.redirected.addAll(redirected);
    all.announced.addAll(announced);
    all.inUse.addAll(inUse);
    all.excluded.addAll(excluded);
  }
  for (const { dynamicRange } of others) {
    const startPort = Math.min(all.dynamicRange.startPort, dynamicRange.startPort);
    all.dynamicRange = between(startPort, Math.max(endPort(all.dynamicRange), endPort(dynamicRange)));
  }
  return all;
}

/** Larger blocks cannot go round every well-known port, so they take them in. */
const largestBlockAroundWellKnownPorts = 1000;

/**
 * Everything automatic choice stays away from for a block of that many ports.
 * @param isChosenHere whether the caller named no window: in its own it gets what is free
 */
export function portsToAvoid(
  survey: Pick<Survey, 'inUse' | 'excluded' | 'redirected' | 'announced'>,
  reserved: Iterable<PortRange>,
  { numberOfPorts, isChosenHere }: { numberOfPorts: number; isChosenHere: boolean },
): PortSet {
  const isAroundKnown = isChosenHere && numberOfPorts <= largestBlockAroundWellKnownPorts;
  const avoid = isAroundKnown ? knownPorts().copy() : new PortSet();
  for (const range of reserved) avoid.addRange(range);
  avoid.addAll(survey.inUse);
  avoid.addAll(survey.excluded);
  avoid.addAll(survey.redirected);
  avoid.addAll(survey.announced);
  return avoid;
}

let known: PortSet | undefined;

/** Ports that mean something to people or to browsers. */
function knownPorts(): PortSet {
  known ??= PortSet.of([...browserBlockedPorts, ...wellKnownPorts].map((port) => between(port, port)));
  return known;
}

/** The first hole of that many ports in the window, looked for from `from` on and then from the window's start. */
export function nextHole(
  avoid: PortSet,
  window: PortRange,
  numberOfPorts: number,
  from: number,
): PortRange | undefined {
  const lastStart = endPort(window) - numberOfPorts + 1;
  const scan = (first: number, last: number): PortRange | undefined => {
    for (let startPort = first; startPort <= last; ) {
      const range = { startPort, numberOfPorts };
      const taken = avoid.lastIn(range);
      if (taken === undefined) return range;
      startPort = taken + 1;
    }
    return undefined;
  };
  return scan(from, lastStart) ?? scan(window.startPort, Math.min(from - 1, lastStart));
}

/** How far it is to the next try where one port after the other is refused; a busy machine has few of them in a row. */
const strides = [1, 16, 64, 256, 1024, 4096];

/**
 * Goes on behind what is refused. Where the try after a refusal begins at a refused port again, that may be one of thousands
 * which no table shows, so the next is farther away each time. What is passed over is come back to when nothing else is left.
 */
export class Strides {
  #inARow = 0;

  /** Where to look next. @param range what was tried; @param refused its first port that was refused */
  behind(range: PortRange, refused: number): number {
    this.#inARow = refused === range.startPort ? this.#inARow + 1 : 0;
    return refused + strides[Math.min(Math.max(this.#inARow - 1, 0), strides.length - 1)]!;
  }
}

/** What a free block is looked for with: the same numbers in each of the protocols. */
export interface FreeRangeRequest {
  protocols: readonly Protocol[];
  numberOfPorts: number;
  window: PortRange;
}

/** Why there is no such block, as far as it was met. */
export interface Hindrance {
  /** The refusal of the last port tried. */
  refusal?: unknown;
  /** What NAT rules take of the window, and what is announced there. */
  survey?: Pick<Survey, 'redirected' | 'announced'>;
}

/** There is no such block. */
export function noFreeRange(
  { protocols, numberOfPorts, window }: FreeRangeRequest,
  { refusal, survey }: Hindrance = {},
): ServiceError {
  const target = formatAllPorts(protocols, window);
  const what = `No free block of ${numberOfPorts} consecutive ${protocols.join(' and ')} ports in ${formatRange(window)}.`;
  const passedOver = passedOverIn(window, survey);
  const wider = 'Ask for fewer ports, or look in a wider window.';
  if (!(refusal instanceof ServiceError))
    return new ServiceError('NoFreeRange', `${what}${passedOver}`, { target, hint: wider });
  const { osCode, osFunction, hint } = refusal.facts;
  // A wider window does not help against what refuses every port.
  const isRight = refusal.errorName === 'AccessDenied';
  const facts = { ...(osCode !== undefined && { osCode }), ...(osFunction !== undefined && { osFunction }) };
  return new ServiceError(
    'NoFreeRange',
    `${what}${passedOver} The last refusal: ${refusal.message}`,
    { target, hint: isRight ? (hint ?? wider) : wider, ...facts },
    refusal,
  );
}

/** Where to begin to look, so that those who look at the same time seldom meet. */
export function randomStart(window: PortRange, numberOfPorts: number, random: () => number = Math.random): number {
  const starts = Math.max(1, window.numberOfPorts - numberOfPorts + 1);
  return window.startPort + Math.floor(random() * starts);
}

function passedOverIn(window: PortRange, survey: Hindrance['survey']): string {
  const taken = survey?.redirected.firstIn(window);
  const byNat =
    taken === undefined ? '' : ` A NAT rule sends what comes to port ${taken} elsewhere before any socket sees it.`;
  const announced = survey?.announced.firstIn(window);
  const byUrl =
    announced === undefined
      ? ''
      : ` A url is reserved at HTTP.sys on port ${announced}, for a program that listens there.`;
  return `${byNat}${byUrl}`;
}

/**
 * Claims the first hole found from a random start. A claim that is refused because of a port (somebody was faster, or
 * holds it in a way no table shows) only teaches which port to avoid; any other failure ends the search.
 *
 * @param avoid grows by what the refused claims taught
 * @throws ServiceError NoFreeRange
 */
export async function claimFreeRange<T>(
  { protocols, numberOfPorts, window }: FreeRangeRequest,
  { avoid, survey }: { avoid: PortSet } & Pick<Hindrance, 'survey'>,
  claim: (range: PortRange) => Promise<T>,
  random: () => number = Math.random,
): Promise<{ range: PortRange; claimed: T }> {
  let from = randomStart(window, numberOfPorts, random);
  let lastRefusal: unknown;
  const strides = new Strides();
  for (;;) {
    const range = nextHole(avoid, window, numberOfPorts, from);
    if (!range) {
      throw noFreeRange({ protocols, numberOfPorts, window }, { refusal: lastRefusal, survey });
    }
    try {
      return { range, claimed: await claim(range) };
    } catch (error) {
      if (!isAboutPorts(error)) throw error;
      lastRefusal = error;
      const { port } = error.facts;
      const taken = error.taken ?? (port === undefined ? range : { startPort: port, numberOfPorts: 1 });
      avoid.addRange(taken);
      from = error.taken || port === undefined ? endPort(taken) + 1 : strides.behind(range, port);
    }
  }
}

function isAboutPorts(error: unknown): error is ServiceError {
  if (!(error instanceof ServiceError)) return false;
  if (error.errorName === 'AccessDenied') return error.facts.port !== undefined;
  return ['PortInUse', 'RangeReserved', 'RangeExcluded'].includes(error.errorName);
}

/**
 * Ports that automatic choice skips though nobody may be using them now.
 *
 * Browsers refuse to connect to the first list ("port blocking" in the Fetch standard, fetch.spec.whatwg.org). The second
 * is where people expect a well-known service (IANA's registry, and the defaults of common servers): taking such a port
 * by chance makes somebody's service fail to start later.
 */
export const browserBlockedPorts: readonly number[] = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
];

/** Default ports of common servers from 1024 up. */
export const wellKnownPorts: readonly number[] = [
  1080, 1194, 1433, 1434, 1521, 1883, 2181, 2375, 2376, 2379, 2380, 3000, 3128, 3260, 3268, 3306, 3389, 4000, 4200,
  4222, 4317, 4318, 4369, 4444, 5000, 5001, 5037, 5044, 5173, 5222, 5353, 5355, 5357, 5432, 5555, 5601, 5671, 5672,
  5800, 5900, 5984, 5985, 5986, 6006, 6379, 6443, 7000, 7001, 7474, 7687, 7777, 8000, 8001, 8008, 8009, 8080, 8081,
  8086, 8088, 8089, 8125, 8161, 8200, 8300, 8301, 8400, 8443, 8500, 8529, 8600, 8787, 8834, 8883, 8888, 9000, 9001,
  9042, 9090, 9092, 9093, 9100, 9160, 9200, 9229, 9300, 9411, 9418, 9443, 9600, 9999, 10000, 10050, 10051, 10250, 10255,
  11211, 11434, 15672, 16379, 16686, 18080, 19132, 20880, 24224, 25565, 25672, 26257, 27015, 27017, 27018, 27019, 28015,
  28017, 32400, 47001, 50000, 50051, 50070, 55555, 61613, 61616,
];
