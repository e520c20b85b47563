import { Argument, type Command, Option } from 'commander';
import type {
  ExclusionAddParams,
  ExclusionList,
  PortExclusion,
  PortRange,
  Protocol,
} from '../../protocol/generated/contract.ts';
import { formatPorts, sameRange } from '../../protocol/ranges.ts';
import { type CommonOptions, given, port, protocolOption, ranges, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { noExclusion } from '../selection.ts';
import { inService } from '../service.ts';
import { exclusionColumns, nameOf } from '../views.ts';

interface Options extends CommonOptions {
  protocol: Protocol[];
  whatIf?: boolean;
}
interface AddOptions extends Options {
  store: 'persistent' | 'active';
  name?: string;
  reason?: string;
  restartNat?: boolean;
}
interface ListOptions extends CommonOptions {
  protocol?: Protocol[];
  port?: number;
}
interface RemoveOptions extends Options {
  force?: boolean;
}

const rangesArgument = () => new Argument('<ranges...>', 'ports and ranges: 5173 8000-8010').argParser(ranges);
const bothOption = () => protocolOption('tcp, udp, or tcp,udp: each by itself').default(['tcp'], 'tcp');
const whatIf = ['--what-if', 'say what would be done, and do nothing'] as const;

export function addExclude(root: Command, output: Output): void {
  const command = root
    .command('exclude')
    .helpCommand(false)
    .summary('keep ports out of automatic choice')
    .description('Keep ports out of automatic choice (port 0, connect, WinNAT), while anyone may bind them by number.');
  const adding = command
    .command('add')
    .summary('exclude ranges')
    .description('Exclude ranges. What is excluded already is no error. Needs root or an elevated prompt.')
    .addArgument(rangesArgument())
    .addOption(bothOption())
    .addOption(
      new Option('--store <store>', 'how long: active is until the next restart of the system')
        .choices(['persistent', 'active'])
        .default('persistent'),
    )
    .option('--name <name>', 'a name to find it by')
    .option('--reason <text>', 'why, for the next reader')
    .option('--restart-nat', 'Windows: stop WinNAT meanwhile, which cuts off containers and virtual machines')
    .option(...whatIf);
  withCommon(adding).action((asked: PortRange[], options: AddOptions) => add(asked, options, output));
  const listing = command
    .command('list')
    .summary('list the exclusions')
    .description("List the exclusions of the system, own ones and others'.")
    .argument('[names...]', 'only those of these names; * ? and [a-z] are wildcards')
    .addOption(protocolOption('only tcp or only udp'))
    .addOption(new Option('--port <port>', 'only those that hold this port').argParser(port));
  withCommon(listing).action((names: string[], options: ListOptions) => list(names, options, output));
  const removing = command
    .command('remove')
    .summary('give ranges back to automatic choice')
    .description('Give exactly these ranges back to automatic choice.')
    .addArgument(rangesArgument())
    .addOption(bothOption())
    .option('--force', 'what somebody else made, too')
    .option(...whatIf);
  withCommon(removing).action((asked: PortRange[], options: RemoveOptions) => remove(asked, options, output));
}

async function add(asked: PortRange[], options: AddOptions, output: Output): Promise<void> {
  const { protocol, store, name, reason, restartNat } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const wanted = inEach(protocol, asked).map((one) =>
    checkParams('exclusion/add', { ...one, ...given({ store, name, reason, restartNat }) }),
  );
  await inService(options, async (service) => {
    if (options.whatIf) {
      const { exclusions } = await service.listExclusions();
      const missing = wanted.filter((one) => !exclusions.some((item) => isThere(item, one)));
      return say('Would exclude', missing, output, { whatIf: { exclusions: missing } });
    }
    const added = await each(wanted, (params: ExclusionAddParams) => service.addExclusion(params), output);
    say('Excluded', added, output);
  });
}

const isThere = (item: PortExclusion, { protocol, range, store }: ExclusionAddParams) =>
  item.protocol === protocol && sameRange(item.range, range) && (item.store === 'persistent' || item.store === store);

async function list(names: string[], options: ListOptions, output: Output): Promise<void> {
  const { protocol, port: wanted } = options;
  const lists = await inService(options, async (service) => {
    const found: ExclusionList[] = [];
    for (const name of names.length > 0 ? names : [undefined]) {
      found.push(await service.listExclusions(given({ name, port: wanted })));
    }
    return found;
  });
  const warnings = [...new Set(lists.flatMap((one) => one.warnings ?? []))];
  const fitting = lists.flatMap(({ exclusions }) => exclusions);
  const exclusions = fitting.filter((item) => protocol === undefined || protocol.includes(item.protocol));
  output.result({ exclusions, ...(warnings.length && { warnings }) }, () => {
    output.table(exclusions, exclusionColumns, 'No exclusions.');
    output.warn(warnings);
  });
}

async function remove(asked: PortRange[], options: RemoveOptions, output: Output): Promise<void> {
  const wanted = inEach(options.protocol, asked);
  await inService(options, async (service) => {
    if (!options.whatIf) {
      const removed = await each(wanted, (one) => service.removeExclusion({ ...one, force: options.force }), output);
      return say('Removed', removed, output);
    }
    const { exclusions } = await service.listExclusions();
    const find = async (one: Place) => {
      const found = exclusions.find((item) => item.protocol === one.protocol && sameRange(item.range, one.range));
      if (!found) throw noExclusion(formatPorts(one.protocol, one.range));
      return found;
    };
    const found = await each(wanted, find, output);
    say('Would remove', found, output, { whatIf: { exclusions: found } });
  });
}

type Place = Pick<PortExclusion, 'protocol' | 'range'>;

const inEach = (protocols: readonly Protocol[], asked: readonly PortRange[]): Place[] =>
  asked.flatMap((range) => protocols.map((protocol) => ({ protocol, range })));

/** One that fails does not keep the others. */
async function each<T, R>(wanted: readonly T[], work: (one: T) => Promise<R>, output: Output): Promise<R[]> {
  const done: R[] = [];
  for (const one of wanted) {
    try {
      done.push(await work(one));
    } catch (error) {
      output.fail(error);
    }
  }
  return done;
}

function say(
  verb: string,
  exclusions: readonly (Place & { name?: string })[],
  output: Output,
  document?: object,
): void {
  output.result(document ?? { exclusions }, () => {
    for (const exclusion of exclusions) output.say(`${verb} ${nameOf(exclusion)}.`);
  });
}
