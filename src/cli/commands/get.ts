import { type Command, Option } from 'commander';
import { type Lifetime, type PortRange, type Protocol, wordsOf } from '../../protocol/generated/contract.ts';
import { plainName } from '../../protocol/wildcard.ts';
import { type CommonOptions, documentOption, given, port, protocolOption, range, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { noneOf } from '../selection.ts';
import { inService } from '../service.ts';
import { reservationColumns } from '../views.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
  lifetime?: Lifetime;
  port?: number;
  range?: PortRange;
  token?: string;
  document?: string;
}

export function addGet(root: Command, output: Output): void {
  const command = root
    .command('get')
    .aliases(['list', 'ls'])
    .summary('list the reservations')
    .description('List the reservations that this user may see, those of running programs too.')
    .argument('[names...]', 'only those of these names; * ? and [a-z] are wildcards')
    .addOption(protocolOption('only tcp or only udp'))
    .addOption(new Option('--lifetime <which>', 'only those').choices(wordsOf.Lifetime))
    .addOption(new Option('--port <port>', 'only those that hold this port').argParser(port))
    .addOption(new Option('--range <range>', 'only those of exactly this range').argParser(range))
    .option('--token <token>', 'only the one of this token')
    .addOption(documentOption());
  withCommon(command).action((names: string[], options: Options) => get(names, options, output));
}

async function get(names: string[], options: Options, output: Output): Promise<void> {
  const { protocol, lifetime, port: wanted, document, token, range: exactly } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const name = names.length > 0 ? names : undefined;
  const params = checkParams(
    'reservation/list',
    given({ protocol, lifetime, port: wanted, document, token, range: exactly, name }),
  );
  const { missing = [], ...list } = await inService(options, (service) => service.list(params));
  output.result(list, () => {
    output.table(list.reservations, reservationColumns, missing.length > 0 ? undefined : 'No reservations.');
    output.warn(list.warnings);
  });
  for (const one of missing) output.fail(noneOf({ name: plainName(one) }));
}
