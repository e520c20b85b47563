import { type Command, Option } from 'commander';
import type { Lifetime, Protocol, ReservationList } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import type { PortService } from '../../service/port-service.ts';
import { type CommonOptions, port, protocolOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { noneOf } from '../selection.ts';
import { inService } from '../service.ts';
import { reservationColumns } from '../views.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
  lifetime?: Lifetime;
  port?: number;
}

export function addGet(root: Command, output: Output): void {
  const command = root
    .command('get')
    .summary('list the reservations')
    .description('List the reservations that this user may see, those of running programs too.')
    .argument('[names...]', 'only those of these names; * ? and [a-z] are wildcards')
    .addOption(protocolOption('only tcp or only udp'))
    .addOption(new Option('--lifetime <which>', 'only those').choices(['runtime', 'persistent']))
    .addOption(new Option('--port <port>', 'only those that hold this port').argParser(port));
  withCommon(command).action((names: string[], options: Options) => get(names, options, output));
}

async function get(names: string[], options: Options, output: Output): Promise<void> {
  const { lists, missing } = await inService(options, (service) => read(service, names, options));
  const warnings = [...new Set(lists.flatMap((list) => list.warnings ?? []))];
  const reservations = [
    ...new Map(
      lists.flatMap((list) => list.reservations).map((item) => [formatPorts(item.protocol, item.range), item]),
    ).values(),
  ];
  output.result({ reservations, ...(warnings.length && { warnings }) }, () => {
    output.table(reservations, reservationColumns, missing.length > 0 ? undefined : 'No reservations.');
    output.warn(warnings);
  });
  for (const name of missing) output.fail(noneOf({ name }));
}

/** A name without wildcards that nothing has is an error; a pattern may fit nothing. */
async function read(service: PortService, names: string[], { protocol, lifetime, port: wanted }: Options) {
  const lists: ReservationList[] = [];
  const missing: string[] = [];
  for (const name of names.length > 0 ? names : [undefined]) {
    const { reservations, ...rest } = await service.list({ lifetime, name, port: wanted });
    const fitting = reservations.filter((item) => protocol === undefined || protocol.includes(item.protocol));
    if (fitting.length === 0 && name !== undefined && !/[*?[]/.test(name)) missing.push(name);
    lists.push({ reservations: fitting, ...rest });
  }
  return { lists, missing };
}
