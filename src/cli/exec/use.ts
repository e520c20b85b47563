import { ServiceError } from '../../protocol/errors.ts';
import type { Reservation } from '../../protocol/generated/contract.ts';
import { formatRange, sameRange } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';
import { noneOf, select, wantedBy } from '../selection.ts';

/**
 * The reservation that a command is to run in, in each protocol that it is for.
 * @param word a name, or the range itself
 * @throws ServiceError NotFound where there is none, or the name is that of several blocks
 */
export async function reservedBefore(service: PortService, word: string): Promise<Reservation[]> {
  const wanted = wantedBy(word);
  const found = await select(service, wanted, wanted.range && ['tcp', 'udp']);
  const [first] = found;
  if (!first) throw noneOf(wanted);
  const others = found.filter(({ range }) => !sameRange(range, first.range));
  if (others.length > 0) {
    const ranges = [...new Set(found.map(({ range }) => formatRange(range)))];
    throw new ServiceError('NotFound', `There are several reservations of the name ${JSON.stringify(word)}.`, {
      target: word,
      hint: `Say which: --use ${ranges.join(', or --use ')}.`,
    });
  }
  return found;
}
