import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  type Hold,
  type IfExists,
  type Label,
  type Reservation,
  type Reservations,
  wordsOf,
} from '../../protocol/generated/contract.ts';
import { formatAllPorts } from '../../protocol/ranges.ts';
import { UsageError } from '../failure.ts';
import { startHolder } from '../hold/start-holder.ts';
import {
  type BlockOptions,
  blockOf,
  duration,
  type EnforcementOptions,
  enforcementGiven,
  given,
  labelGiven,
  plainOption,
  whatIfOption,
  wholeNumber,
  withBlock,
  withCommon,
  withEnforcement,
  withLabel,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';
import { sayUnheld } from '../unheld.ts';
import { reservationColumns } from '../views.ts';

interface Options extends BlockOptions, Label, EnforcementOptions {
  persistent?: boolean;
  pid?: number;
  for?: number;
  hold?: Hold;
  plain?: boolean;
  allowInUse?: boolean;
  ifExists: IfExists;
  whatIf?: boolean;
}

export function addNew(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('new')
    .summary('reserve ports for good, for a time, or for the life of a process')
    .description(
      'Reserve a block of ports of this machine: for good, which needs root or an elevated prompt on most systems, or for a time, or as long as a process lives.',
    )
    .option('--persistent', 'the reservation survives this program and a reboot; this, --pid or --for is required')
    .addOption(
      new Option('--pid <id>', 'until this process has ended, $$ for a script itself; another process holds them')
        .argParser(wholeNumber(2 ** 31 - 1))
        .conflicts(['persistent', 'ifExists']),
    )
    .addOption(
      new Option('--for <time>', 'for so long: 30m, 2h; with --pid until what comes first')
        .argParser(holdingTime)
        .conflicts(['persistent', 'ifExists']),
    )
    .addOption(
      new Option('--hold <how>', 'with --pid or --for: what keeps others away, as of exec; yield if absent').choices(
        wordsOf.Hold,
      ),
    );
  withEnforcement(withLabel(withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both, or none')))
    .addOption(
      new Option(
        '--allow-in-use',
        'with --persistent and --start-port: also where a service has the ports already',
      ).conflicts(['pid', 'for']),
    )
    .addOption(
      new Option('--if-exists <what>', 'when exactly this reservation is there: fail, return it, or update its label')
        .choices(wordsOf.IfExists)
        .default('fail' satisfies IfExists),
    )
    .addOption(plainOption())
    .addOption(whatIfOption());
  withCommon(command).action((options: Options) => create(options, output, terminal));
}

/** A timer's longest, in days. */
const longestTime = 24;

function holdingTime(word: string): number {
  const milliseconds = duration(word);
  if (milliseconds >= 1 && milliseconds <= longestTime * 24 * 3_600_000) return milliseconds;
  throw new InvalidArgumentError(`It must be a time of at most ${longestTime} days: 30m or 2h.`);
}

/** Whether whoever has the ports keeps them. */
function inUseGiven({ allowInUse, startPort }: Options) {
  if (!allowInUse) return {};
  if (startPort !== undefined) return { inUse: 'allow' } as const;
  throw new UsageError(
    "--allow-in-use goes with --persistent and --start-port: a free block is in nobody's use.",
    'See portreservation new --help.',
  );
}

async function create(options: Options, output: Output, terminal: Terminal): Promise<void> {
  const { persistent, pid, for: milliseconds, plain, whatIf, provider } = options;
  const isForATime = pid !== undefined || milliseconds !== undefined;
  if (!persistent && !isForATime) {
    throw new UsageError(
      'A reservation that is neither --persistent nor --for a time nor for a --pid would end with this program, so `new` cannot make it.',
      'For as long as this script runs: portreservation new --pid $$. For two hours: new --for 2h. For a command: portreservation exec -- COMMAND.',
    );
  }
  if (!isForATime && options.hold)
    throw new UsageError('--hold goes with --pid or --for.', 'See portreservation new --help.');
  const { checkParams } = await import('../../protocol/check.ts');
  const params = checkParams('reservation/create', {
    ...(!isForATime
      ? { lifetime: 'persistent', ifExists: options.ifExists, ...inUseGiven(options) }
      : !options.enforcement && { hold: options.hold ?? ('yield' satisfies Hold) }),
    ...blockOf(options),
    ...labelGiven(options),
    ...enforcementGiven(options),
    whatIf,
  });
  const isHeld = isForATime && !whatIf;
  const created = await (isHeld
    ? startHolder({ ...given({ processId: pid, milliseconds, provider }), params }, terminal)
    : inService(options, (service) => service.create(params)));
  output.warn(created.warnings);
  if (whatIf) return output.result({ whatIf: created }, () => output.say(`${wouldReserve(created, options)}.`));
  if (isHeld)
    sayUnheld(created, params.hold ?? 'strict', {
      output,
      taker: pid === undefined ? 'who they are for' : `process ${pid}`,
    });
  output.result(created, () => {
    if (plain) output.ports([created.reservations[0]!.range]);
    else output.table(created.reservations, reservationColumns);
  });
}

/** What would be reserved, in words. */
export function wouldReserve({ reservations }: Reservations, { startPort }: Pick<BlockOptions, 'startPort'>): string {
  const others = startPort === undefined ? ', or another free block' : '';
  const [{ range }] = reservations as [Reservation];
  const protocols = reservations.map(({ protocol }) => protocol);
  return `Would reserve ${formatAllPorts(protocols, range)}${others}`;
}
