import { type Command, Option } from 'commander';
import type { Protocol, Reservation } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { UsageError } from '../failure.ts';
import { type CommonOptions, given, protocolOption, whatIfOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { noneOf, select, type Wanted, wantedBy } from '../selection.ts';
import { inService } from '../service.ts';
import { nameOf } from '../views.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
  name?: string;
  token?: string;
  document?: string;
  whatIf?: boolean;
}

export function addRemove(root: Command, output: Output): void {
  const command = root
    .command('remove')
    .aliases(['rm', 'free'])
    .summary('free reserved ports')
    .description('Remove reservations. There is no question asked: --what-if shows first what would be removed.')
    .argument('[reservations...]', 'exactly these ranges, or exactly these names: 5000-5009 web')
    .addOption(new Option('--name <pattern>', 'those of this name; * ? and [a-z] are wildcards'))
    .option('--token <token>', 'the one of this token')
    .addOption(protocolOption('tcp or udp, or both; a range means tcp if absent, a name both'))
    .addOption(new Option('--document <name>', 'only if this document asked for it'))
    .addOption(whatIfOption());
  withCommon(command).action((words: string[], options: Options) => remove(words, options, output));
}

async function remove(words: string[], options: Options, output: Output): Promise<void> {
  const wanted: Wanted[] = words.map(wantedBy);
  if (options.name !== undefined) wanted.push({ pattern: options.name });
  if (options.token !== undefined) {
    const { checkParams } = await import('../../protocol/check.ts');
    checkParams('reservation/release', { token: options.token });
    wanted.push({ token: options.token });
  }
  if (wanted.length === 0) {
    throw new UsageError('Say which: a range, a name, --name or --token.', 'See portreservation remove --help.');
  }
  const removed = await inService(options, (service) => removeEach(service, wanted, options, output));
  const document = { reservations: removed };
  output.result(options.whatIf ? { whatIf: document } : document, () => {
    const verb = options.whatIf ? 'Would remove' : 'Removed';
    for (const reservation of removed) output.say(`${verb} ${nameOf(reservation)}.`);
  });
}

/** One that fails does not keep the others. */
async function removeEach(
  service: PortService,
  wanted: Wanted[],
  { protocol, document, whatIf }: Options,
  output: Output,
) {
  const removed: Reservation[] = [];
  for (const one of wanted) {
    const found = await select(service, one, protocol);
    if (found.length === 0) output.fail(noneOf(one, protocol));
    for (const reservation of found) {
      const { range, token } = reservation;
      const params = { protocol: reservation.protocol, range, ...given({ token, document, whatIf }) };
      try {
        removed.push(...(await service.release(params)).reservations);
      } catch (error) {
        output.fail(error);
      }
    }
  }
  return removed;
}
