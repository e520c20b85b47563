import { type Command, Option } from 'commander';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import {
  type CommonOptions,
  plainOption,
  port,
  protocolOption,
  withCommon,
  withinOption,
  withPorts,
} from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import { freeRangeColumns } from '../views.ts';

interface Options extends CommonOptions {
  protocol: Protocol[];
  numberOfPorts: number;
  within?: PortRange;
  first?: number;
  all?: boolean;
  plain?: boolean;
}

export function addFind(root: Command, output: Output): void {
  const command = root
    .command('find')
    .summary('find free blocks of ports')
    .description(
      'Find a block of ports that is free in every protocol asked for, from a random start. Nothing is reserved: somebody else may take it at any moment; but for two seconds no other find of this user gives it.',
    );
  withPorts(command)
    .addOption(protocolOption('tcp, udp, or tcp,udp: free in both').default(['tcp'], 'tcp'))
    .addOption(withinOption())
    .addOption(new Option('--first [n]', 'the lowest block, or the n lowest, at most').argParser(port).preset('1'))
    .addOption(
      new Option('--all', 'every free range in its whole length, of at least so many ports').conflicts('first'),
    )
    .addOption(plainOption());
  withCommon(command).action(async (options: Options) => {
    const { protocol, numberOfPorts, within, first, all } = options;
    const found = await inService(options, (service) => service.find({ protocol, numberOfPorts, within, first, all }));
    output.warn(found.warnings);
    output.result(found, () => {
      output.note('these are free now, and kept for nobody: `exec` and `new` reserve.');
      if (options.plain) output.ports(found.ranges);
      else output.table(found.ranges, freeRangeColumns(protocol));
    });
  });
}
