import { type Command, Option } from 'commander';
import type { PortRange, Protocol, ReservationCreateAllParams } from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';
import { type CommonOptions, given, port, portsOption, protocolOption, withCommon, withinOption } from '../options.ts';
import type { Output } from '../output.ts';
import { placeFor } from '../preview.ts';
import { inService } from '../service.ts';
import { UsageError } from '../usage-error.ts';
import { reservationColumns } from '../views.ts';

interface Options extends CommonOptions {
  persistent?: boolean;
  protocol: Protocol[];
  numberOfPorts: number;
  startPort?: number;
  within?: PortRange;
  name?: string;
  reason?: string;
  ifExists?: 'fail' | 'return';
  whatIf?: boolean;
}

export function addNew(root: Command, output: Output): void {
  const command = root
    .command('new')
    .summary('reserve ports for good')
    .description('Reserve a block of ports of this machine for good. Needs root or an elevated prompt on most systems.')
    .option('--persistent', 'the reservation survives this program and a reboot; required')
    .addOption(portsOption())
    .addOption(new Option('--start-port <port>', 'the first port; a free block is found if absent').argParser(port))
    .addOption(protocolOption('tcp, udp, or tcp,udp: the same numbers in both, or none').default(['tcp'], 'tcp'))
    .addOption(withinOption())
    .option('--name <name>', 'a name to find it by')
    .option('--reason <text>', 'why, for the next reader')
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
  const { protocol, numberOfPorts, startPort, within, name, reason, ifExists } = options;
  const { checkParams } = await import('../../rpc/validate.ts');
  const params = checkParams('reservation/createAll', {
    lifetime: 'persistent',
    ...given({ protocol, numberOfPorts, startPort, within, name, reason, ifExists }),
  });
  if (options.whatIf) return preview(options, params, output);
  const created = await inService(options, (service) => service.createAll(params));
  output.result(created, () => output.table(created.reservations, reservationColumns));
}

async function preview(options: Options, params: ReservationCreateAllParams, output: Output): Promise<void> {
  const range = await inService(options, (service) => placeFor(service, params));
  const whatIf = params.protocol.map((protocol) => ({ protocol, range, lifetime: 'persistent' }));
  const others = params.startPort === undefined ? ', or another free block' : '';
  output.result({ whatIf: { reservations: whatIf } }, () =>
    output.say(`Would reserve ${formatAllPorts(params.protocol, range)}${others}.`),
  );
}
