import type { Command } from 'commander';
import type { PortRange, PortStatus, Protocol } from '../../protocol/generated/contract.ts';
import { type CommonOptions, protocolOption, ranges, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import { statusColumns } from '../views.ts';
import { commandFor } from '../words.ts';

interface Options extends CommonOptions {
  protocol: Protocol[];
}

export function addStatus(root: Command, output: Output): void {
  const command = root
    .command('status')
    .summary('say why a port cannot be bound, and who has it')
    .description('Bind each port, free it again, and say what it is, who has it or why it is refused, and what to do.')
    .argument('<ports...>', 'ports and ranges: 5173 8000-8010,9000', ranges)
    .addOption(protocolOption('tcp, udp, or tcp,udp').default(['tcp'], 'tcp'));
  withCommon(command).action(async (asked: PortRange[], options: Options) => {
    const { protocol } = options;
    const list = await inService(options, (service) => service.inspect({ protocol, ranges: asked }));
    output.result(list, () => {
      output.table(list.ports, statusColumns);
      for (const status of list.ports) sayRemedy(status, list.ports.length, output);
      output.warn(list.warnings);
    });
  });
}

/** The commands, below the table so that they can be copied. */
function sayRemedy({ protocol, port, remedy, prevention }: PortStatus, total: number, output: Output): void {
  const of = total > 1 ? `${protocol} ${port}` : undefined;
  if (remedy) {
    const also = remedy.stops ? ` (also stops ${remedy.stops})` : '';
    output.say(`\nTo change ${of ?? 'that'}${also}:\n  ${commandFor(remedy)}`);
  }
  if (prevention) {
    output.say(`\nTo keep it from happening again${of ? ` to ${of}` : ''}:\n  ${commandFor(prevention)}`);
  }
}
