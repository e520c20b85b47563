import { InvalidParamsError } from '../../protocol/errors.ts';
import type {
  FreeRangeList,
  PortFindParams,
  PortRange,
  Protocol,
  Reservation,
} from '../../protocol/generated/contract.ts';
import { minus, PortSet } from '../../protocol/port-set.ts';
import { checkRange, endPort } from '../../protocol/ranges.ts';
import type { Provider } from '../../providers/provider.ts';
import { checkFits } from '../reservations/requests.ts';
import {
  combined,
  defaultWindow,
  nextHole,
  noFreeRange,
  portsToAvoid,
  randomStart,
  Strides,
  surveySocketsFrom,
} from './choose.ts';

/** Notes what is found; false where it was found for somebody else a moment ago. */
export type NoteFound = (protocols: readonly Protocol[], range: PortRange) => boolean;

/**
 * Finds what `create` would find, from a random start, or the lowest of it, by binding each port in each protocol once,
 * or with `all` every free range in its whole length; nothing is kept.
 * @throws InvalidParamsError, ServiceError
 */
export async function findFree(
  provider: Provider,
  { protocol, numberOfPorts = 1, within, first, all = false }: PortFindParams,
  {
    reservations,
    signal,
    note = () => true,
  }: {
    reservations: readonly Reservation[];
    signal?: AbortSignal;
    note?: NoteFound | undefined;
  },
): Promise<FreeRangeList> {
  const protocols = [protocol].flat();
  checkRange({ startPort: 1, numberOfPorts }, 'numberOfPorts');
  if (within) {
    checkRange(within, 'within.numberOfPorts');
    checkFits(numberOfPorts, within);
  }
  if (all && first !== undefined) {
    throw new InvalidParamsError([{ field: 'first', message: 'cannot be given together with all' }]);
  }
  const reading = all || numberOfPorts * (first ?? 1) >= surveySocketsFrom;
  const survey = combined(await Promise.all(protocols.map((protocol) => provider.survey(protocol, reading))));
  const reserved = reservations.filter((item) => protocols.includes(item.protocol)).map(({ range }) => range);
  const avoid = portsToAvoid(survey, reserved, { numberOfPorts, isChosenHere: within === undefined });
  const window = within ?? defaultWindow(survey.dynamicRange, numberOfPorts);

  let last: { protocol: Protocol; port: number } | undefined;
  const firstRefused = async (range: PortRange): Promise<number | undefined> => {
    for (const protocol of protocols) {
      const port = await provider.firstRefused(protocol, range, signal);
      if (port === undefined) continue;
      last = { protocol, port };
      return port;
    }
    return undefined;
  };
  /** The lowest of all protocols, where `firstRefused` is content with any. */
  const lowestRefused = async (range: PortRange): Promise<number | undefined> => {
    let { numberOfPorts: free } = range;
    for (const protocol of protocols) {
      if (free === 0) break;
      const port = await provider.firstRefused(protocol, { ...range, numberOfPorts: free }, signal);
      if (port === undefined) continue;
      last = { protocol, port };
      free = port - range.startPort;
    }
    return free < range.numberOfPorts ? range.startPort + free : undefined;
  };
  const ranges: PortRange[] = [];
  /** Free, and found for somebody else a moment ago: better than nothing. */
  let second: PortRange | undefined;
  const strides = new Strides();
  let from = first === undefined ? randomStart(window, numberOfPorts) : window.startPort;
  if (all) {
    for (const hole of minus(PortSet.of([window]), avoid).ranges()) {
      for (let startPort = hole.startPort; startPort <= endPort(hole); ) {
        const rest = { startPort, numberOfPorts: endPort(hole) - startPort + 1 };
        const refused = await lowestRefused(rest);
        const range = { startPort, numberOfPorts: (refused ?? endPort(hole) + 1) - startPort };
        if (range.numberOfPorts >= numberOfPorts) ranges.push(range);
        startPort += range.numberOfPorts + 1;
      }
    }
  }
  while (!all && ranges.length < (first ?? 1)) {
    const range = nextHole(avoid, window, numberOfPorts, from);
    if (!range) break;
    const refused = await firstRefused(range);
    if (refused === undefined) {
      // The lowest ones are the same for all who ask.
      if (first !== undefined || note(protocols, range)) ranges.push(range);
      else second ??= range;
      avoid.addRange(range);
      from = endPort(range) + 1;
    } else {
      avoid.add(refused);
      // The lowest ones are asked for: nothing is passed over.
      from = first === undefined ? strides.behind(range, refused) : refused + 1;
    }
  }
  if (ranges.length === 0 && second) ranges.push(second);
  if (ranges.length === 0) {
    const refusal = last && (await refusalOf(provider, last));
    throw noFreeRange({ protocols, numberOfPorts, window }, { refusal, survey });
  }
  const { warnings } = survey;
  return { ranges, ...(warnings.length > 0 && { warnings: [...warnings] }) };
}

/** What a reservation of the port would be refused with. */
const refusalOf = (provider: Provider, { protocol, port }: { protocol: Protocol; port: number }): Promise<unknown> =>
  provider
    .check({ protocol, range: { startPort: port, numberOfPorts: 1 }, lifetime: 'runtime' })
    .catch((error) => error);
