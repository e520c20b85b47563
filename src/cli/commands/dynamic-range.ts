import type { Command } from 'commander';
import type { DynamicRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { type CommonOptions, given, protocolOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import type { Column } from '../table.ts';
import { title } from '../views.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
}

/** The columns of Get-PortDynamicRange. */
const columns: readonly Column<DynamicRange>[] = [
  { title: 'Protocol', of: ({ protocol }) => title(protocol) },
  { title: 'StartPort', of: ({ range }) => range.startPort, align: 'right' },
  { title: 'EndPort', of: ({ range }) => endPort(range), align: 'right' },
  { title: 'NumberOfPorts', of: ({ range }) => range.numberOfPorts, align: 'right' },
];

export function addDynamicRange(root: Command, output: Output): void {
  const command = root
    .command('dynamic-range')
    .summary('say which ports the system hands out by itself')
    .description('Say from which ports the system takes the ones it chooses by itself, for port 0 and for connections.')
    .addOption(protocolOption('only tcp or only udp'));
  withCommon(command).action(async (options: Options) => {
    const { protocol } = options;
    const found = await inService(options, (service) => service.dynamicRange(given({ protocol })));
    output.result(found, () => {
      output.table(found.dynamicRanges, columns);
      output.warn(found.warnings);
    });
  });
}
