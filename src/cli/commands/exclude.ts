import { Argument, type Command, Option } from 'commander';
import { ServiceError } from '../../protocol/errors.ts';
import {
  type ExclusionStore,
  type Exclusions,
  type IfExcluded,
  type Label,
  type PortExclusion,
  type PortRange,
  type Protocol,
  wordsOf,
} from '../../protocol/generated/contract.ts';
import { escapeWildcards } from '../../protocol/wildcard.ts';
import type { PortService } from '../../service/port-service.ts';
import {
  type CommonOptions,
  documentOption,
  given,
  labelGiven,
  parseRange,
  port,
  protocolOption,
  range,
  ranges,
  storeOption,
  whatIfOption,
  withCommon,
  withLabel,
} from '../options.ts';
import type { Output } from '../output.ts';
import { wantedBy } from '../selection.ts';
import { inService } from '../service.ts';
import { exclusionColumns, nameOf } from '../views.ts';

interface Options extends CommonOptions {
  protocol: Protocol[];
  whatIf?: boolean;
}
interface AddOptions extends Options, Label {
  store: ExclusionStore;
  ifExists: IfExcluded;
  restartNat?: boolean;
}
interface ListOptions extends CommonOptions {
  protocol?: Protocol[];
  port?: number;
  range?: PortRange;
  own?: boolean;
  document?: string;
}
interface RemoveOptions extends CommonOptions {
  protocol?: Protocol[];
  whatIf?: boolean;
  force?: boolean;
  document?: string;
}

const rangesArgument = () => new Argument('<ranges...>', 'ports and ranges: 5173 8000-8010').argParser(ranges);
const bothOption = () => protocolOption('tcp, udp, or tcp,udp: each by itself').default(['tcp'], 'tcp');

export function addExclude(root: Command, output: Output): void {
  const command = root
    .command('exclude')
    .helpCommand(false)
    .summary('keep ports out of automatic choice')
    .description(
      'Keep ports out of automatic choice (port 0, connect, WinNAT), while programs that open a socket may bind them by number. On Windows HTTP.sys, container ports and QUIC are refused them.',
    );
  const adding = command
    .command('add', { isDefault: true })
    .summary('exclude ranges')
    .description('Exclude ranges. What is excluded already is no error. Needs root or an elevated prompt.')
    .addArgument(rangesArgument())
    .addOption(bothOption())
    .addOption(storeOption())
    .addOption(
      new Option('--if-exists <what>', 'when exactly this exclusion is there: return it, or update store and label')
        .choices(wordsOf.IfExcluded)
        .default('return' satisfies IfExcluded),
    )
    .option(
      '--restart-nat',
      'Windows: stop WinNAT meanwhile if it has them; WSL and containers may need a restart, too',
    )
    .addOption(whatIfOption());
  withCommon(withLabel(adding)).action((asked: PortRange[], options: AddOptions) => add(asked, options, output));
  const listing = command
    .command('list')
    .aliases(['get', 'ls'])
    .summary('list the exclusions')
    .description("List the exclusions of the system, own ones and others'.")
    .argument('[names...]', 'only those of these names; * ? and [a-z] are wildcards')
    .addOption(protocolOption('only tcp or only udp'))
    .addOption(new Option('--port <port>', 'only those that hold this port').argParser(port))
    .addOption(new Option('--range <range>', 'only those of exactly this range').argParser(range))
    .option('--own', 'only those that PortReservation made')
    .addOption(documentOption());
  withCommon(listing).action((names: string[], options: ListOptions) => list(names, options, output));
  const removing = command
    .command('remove')
    .aliases(['rm', 'free'])
    .summary('give ranges back to automatic choice')
    .description('Give exactly these ranges back to automatic choice.')
    .argument('<exclusions...>', 'exactly these ranges, or own ones of exactly these names: 8000-8010 vite')
    .addOption(protocolOption('tcp or udp, or both; a range means tcp if absent, a name both'))
    .option('--force', 'what somebody else made, too')
    .addOption(new Option('--document <name>', 'only if this document asked for it'))
    .addOption(whatIfOption());
  withCommon(removing).action((words: string[], options: RemoveOptions) => remove(words, options, output));
  // exclude 5173 is add; alone it asks for help.
  command.hook('preSubcommand', ({ args }) => {
    if (args.length === 0) command.help({ error: true });
  });
}

async function add(asked: PortRange[], options: AddOptions, output: Output): Promise<void> {
  const { protocol, store, ifExists, restartNat, whatIf } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const wanted = inEach(protocol, asked).map((one) =>
    checkParams('exclusion/add', { ...one, ...labelGiven(options), ...given({ store, ifExists, restartNat, whatIf }) }),
  );
  const added = await inService(options, (service) => each(wanted, (params) => service.addExclusion(params), output));
  say(whatIf ? 'Would exclude' : 'Excluded', added, output, whatIf);
}

async function list(names: string[], options: ListOptions, output: Output): Promise<void> {
  const { protocol, port: wanted, range: exactly, own, document } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const name = names.length > 0 ? names : undefined;
  const params = checkParams('exclusion/list', given({ protocol, port: wanted, range: exactly, own, document, name }));
  const { missing = [], ...found } = await inService(options, (service) => service.listExclusions(params));
  output.result(found, () => {
    output.table(found.exclusions, exclusionColumns, missing.length > 0 ? undefined : 'No exclusions.');
    output.warn(found.warnings);
  });
  for (const one of missing) output.fail(noExclusionNamed(one));
}

async function remove(words: string[], options: RemoveOptions, output: Output): Promise<void> {
  const { force, document, whatIf } = options;
  const removed = await inService(options, async (service) => {
    const places = await placesOf(service, words, options, output);
    const wanted = places.map((one) => ({ ...one, ...given({ force, document, whatIf }) }));
    return each(wanted, (params) => service.removeExclusion(params), output);
  });
  say(whatIf ? 'Would remove' : 'Removed', removed, output, whatIf);
}

/** Ranges with commas between, each by itself; a name may have commas, too. */
function inRanges(word: string): string[] {
  const parts = word.split(',');
  return parts.every(parseRange) ? parts : [word];
}

/** What the words mean: ranges, TCP ones unless protocols are given, and the exclusions of names. */
async function placesOf(
  service: PortService,
  words: readonly string[],
  { protocol }: RemoveOptions,
  output: Output,
): Promise<Place[]> {
  const places: Place[] = [];
  for (const { range, name } of words.flatMap(inRanges).map(wantedBy)) {
    if (range) places.push(...inEach(protocol ?? ['tcp'], [range]));
    if (name === undefined) continue;
    const params = given({ protocol, name: escapeWildcards(name), own: true });
    const { exclusions } = await service.listExclusions(params);
    if (exclusions.length === 0) output.fail(noExclusionNamed(name));
    places.push(...exclusions.map(({ protocol, range }) => ({ protocol, range })));
  }
  return places;
}

const noExclusionNamed = (name: string): ServiceError =>
  new ServiceError('NotFound', `There is no exclusion of the name ${JSON.stringify(name)}.`, {
    target: name,
    hint: 'portreservation exclude list shows those there are.',
  });

type Place = Pick<PortExclusion, 'protocol' | 'range'>;

const inEach = (protocols: readonly Protocol[], asked: readonly PortRange[]): Place[] =>
  asked.flatMap((range) => protocols.map((protocol) => ({ protocol, range })));

/** One that fails does not keep the others. */
async function each<T>(
  wanted: readonly T[],
  work: (one: T) => Promise<Exclusions>,
  output: Output,
): Promise<PortExclusion[]> {
  const done: PortExclusion[] = [];
  for (const one of wanted) {
    try {
      const { exclusions, warnings } = await work(one);
      done.push(...exclusions);
      output.warn(warnings);
    } catch (error) {
      output.fail(error);
    }
  }
  return done;
}

function say(verb: string, exclusions: readonly PortExclusion[], output: Output, whatIf = false): void {
  output.result(whatIf ? { whatIf: { exclusions } } : { exclusions }, () => {
    for (const exclusion of exclusions) output.say(`${verb} ${nameOf(exclusion)}.`);
  });
}
