import { type Command, Option } from 'commander';
import { askAt } from '../../demand/ask.ts';
import { addressVariable } from '../../demand/variables.ts';
import { callingProcess } from '../../machine/calling-process.ts';
import { type Hold, type Label, wordsOf } from '../../protocol/generated/contract.ts';
import { startHolder } from '../hold/start-holder.ts';
import {
  type BlockOptions,
  blockOf,
  given,
  labelGiven,
  wholeNumber,
  withBlock,
  withCommon,
  withLabel,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { sayUnheld } from '../unheld.ts';

interface Options extends BlockOptions, Label {
  pid?: number;
  hold: Hold;
}

export function addTake(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('take')
    .summary('reserve ports for the life of the calling shell')
    .description(
      'Reserve ports for as long as the calling shell or script lives, and print them, one a line. Under exec, or where PORT_RESERVATION_ADDRESS is set, who serves there holds them, and no process is started.',
    )
    .addOption(
      new Option('--pid <id>', 'until this process has ended; the shell that calls if absent').argParser(
        wholeNumber(2 ** 31 - 1),
      ),
    )
    .addOption(
      new Option('--hold <how>', 'what keeps others away, as of exec')
        .choices(wordsOf.Hold)
        .default('yield' satisfies Hold),
    )
    .addHelpText('after', takeHelp);
  withLabel(withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both'));
  withCommon(command).action((options: Options) => take(options, output, terminal));
}

async function take(options: Options, output: Output, terminal: Terminal): Promise<void> {
  const { hold, provider, pid: processId = callingProcess(terminal.ppid, terminal.platform) } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const params = checkParams('reservation/create', { hold, ...blockOf(options), ...labelGiven(options) });
  const address = terminal.env[addressVariable];
  const asked = address ? await askAt(address, processId, params) : undefined;
  const created = asked ?? (await startHolder({ ...given({ provider }), processId, params }, terminal));
  output.warn(created.warnings);
  sayUnheld(created, hold, { output, taker: `process ${processId}` });
  output.result(created, () => output.ports([created.reservations[0]!.range]));
}

const takeHelp = `
  PORT=$(portreservation take)
  python3 -m http.server "$PORT" &

A shell makes a copy of itself for $(...); the ports are for the shell it is a
copy of (Linux), and free when that has ended. What is called by way of npx, make
or another program lives no longer than that: name the process by --pid $$ then.

Without an address a small process of its own holds them, as with new --pid.`;
