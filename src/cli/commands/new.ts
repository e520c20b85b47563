import { type Command, Option } from 'commander';
import type { ReservationCreateAllParams } from '../../protocol/generated/contract.ts';
import { UsageError } from '../failure.ts';
import { type BlockOptions, blockOf, given, withBlock, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { previewOf } from '../preview.ts';
import { inService } from '../service.ts';
import { reservationColumns } from '../views.ts';

interface Options extends BlockOptions {
  persistent?: boolean;
  ifExists?: 'fail' | 'return';
  whatIf?: boolean;
}

export function addNew(root: Command, output: Output): void {
  const command = root
    .command('new')
    .summary('reserve ports for good')
    .description('Reserve a block of ports of this machine for good. Needs root or an elevated prompt on most systems.')
    .option('--persistent', 'the reservation survives this program and a reboot; required');
  withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both, or none')
    .addOption(
      new Option('--if-exists <what>', 'when exactly this reservation is there: fail, or return it')
        .choices(['fail', 'return'])
        .default('fail'),
    )
    .option('--what-if', 'say what would be done, and do nothing');
  withCommon(command).action((options: Options) => create(options, output));
}

async function create(options: Options, output: Output): Promise<void> {
  if (!options.persistent) {
    throw new UsageError(
      'A reservation that is not --persistent would end with this program, so `new` cannot make it.',
      'To reserve ports for as long as a command runs: portreservation exec -- COMMAND.',
    );
  }
  const { checkParams } = await import('../../protocol/check.ts');
  const params = checkParams('reservation/createAll', {
    lifetime: 'persistent',
    ...blockOf(options),
    ...given({ ifExists: options.ifExists }),
  });
  if (options.whatIf) return preview(options, params, output);
  const created = await inService(options, (service) => service.createAll(params));
  output.result(created, () => output.table(created.reservations, reservationColumns));
}

async function preview(options: Options, params: ReservationCreateAllParams, output: Output): Promise<void> {
  const { reservations, sentence } = await inService(options, (service) => previewOf(service, params));
  output.result({ whatIf: { reservations } }, () => output.say(`${sentence}.`));
}
