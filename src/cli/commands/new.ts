import { type Command, Option } from 'commander';
import {
  type IfExists,
  type Label,
  type Reservation,
  type Reservations,
  wordsOf,
} from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';
import { UsageError } from '../failure.ts';
import { type BlockOptions, blockOf, labelGiven, whatIfOption, withBlock, withCommon, withLabel } from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import { reservationColumns } from '../views.ts';

interface Options extends BlockOptions, Label {
  persistent?: boolean;
  ifExists: IfExists;
  whatIf?: boolean;
}

export function addNew(root: Command, output: Output): void {
  const command = root
    .command('new')
    .summary('reserve ports for good')
    .description('Reserve a block of ports of this machine for good. Needs root or an elevated prompt on most systems.')
    .option('--persistent', 'the reservation survives this program and a reboot; required');
  withLabel(withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both, or none'))
    .addOption(
      new Option('--if-exists <what>', 'when exactly this reservation is there: fail, return it, or update its label')
        .choices(wordsOf.IfExists)
        .default('fail' satisfies IfExists),
    )
    .addOption(whatIfOption());
  withCommon(command).action((options: Options) => create(options, output));
}

async function create(options: Options, output: Output): Promise<void> {
  const { persistent, ifExists, whatIf } = options;
  if (!persistent) {
    throw new UsageError(
      'A reservation that is not --persistent would end with this program, so `new` cannot make it.',
      'To reserve ports for as long as a command runs: portreservation exec -- COMMAND.',
    );
  }
  const { checkParams } = await import('../../protocol/check.ts');
  const params = checkParams('reservation/create', {
    lifetime: 'persistent',
    ...blockOf(options),
    ...labelGiven(options),
    ifExists,
    whatIf,
  });
  const created = await inService(options, (service) => service.create(params));
  if (whatIf) output.result({ whatIf: created }, () => output.say(`${wouldReserve(created, options)}.`));
  else output.result(created, () => output.table(created.reservations, reservationColumns));
}

/** What would be reserved, in words. */
export function wouldReserve({ reservations }: Reservations, { startPort }: Pick<BlockOptions, 'startPort'>): string {
  const others = startPort === undefined ? ', or another free block' : '';
  const [{ range }] = reservations as [Reservation];
  const protocols = reservations.map(({ protocol }) => protocol);
  return `Would reserve ${formatAllPorts(protocols, range)}${others}`;
}
