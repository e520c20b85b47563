import { type Command, Option } from 'commander';
import { ServiceError } from '../../protocol/errors.ts';
import type { Hold, ReservationCreateAllParams } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { runChild } from '../exec/child.ts';
import { execHelp } from '../exec/help.ts';
import { waitForStragglers } from '../exec/stragglers.ts';
import { checkNamed, filledIn, type NamedPort, namedPort, portVariables, prefix } from '../exec/variables.ts';
import { type BlockOptions, blockOf, withBlock, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { previewOf } from '../preview.ts';
import { inService } from '../service.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends BlockOptions {
  hold: Hold;
  envPrefix: string;
  env?: NamedPort[];
  whatIf?: boolean;
}

export function addExec(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('exec')
    .summary('reserve ports for as long as a command runs')
    .usage('[options] -- COMMAND [ARGUMENTS...]')
    .description('Reserve ports, tell a command which, and free them when it has ended.')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions();
  withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both')
    .addOption(
      new Option('--hold <how>', 'what keeps others away, see below')
        .choices(['yield', 'strict', 'none'])
        .default('yield'),
    )
    .addOption(
      new Option('--env-prefix <name>', 'how the variables begin that name the ports')
        .argParser(prefix)
        .default('PORT'),
    )
    .addOption(
      new Option('--env <name=index>', 'one more variable: API_PORT=1 is the second port; may be repeated').argParser(
        namedPort,
      ),
    )
    .option('--what-if', 'say what would be done, and do nothing')
    .addHelpText('after', execHelp);
  withCommon(command).action((words: [string, ...string[]], options: Options) =>
    exec(words, options, { output, terminal }),
  );
}

async function exec(
  words: readonly [string, ...string[]],
  options: Options,
  surroundings: { output: Output; terminal: Terminal },
): Promise<void> {
  const { hold, envPrefix, env = [], whatIf } = options;
  const { output, terminal } = surroundings;
  checkNamed(env, options.numberOfPorts);
  const { checkParams } = await import('../../rpc/validate.ts');
  const params = checkParams('reservation/createAll', { ...blockOf(options), hold });
  await inService(options, async (service) => {
    checkHold(service, hold);
    if (whatIf) return preview(service, params, words, output);
    const { reservations } = await service.createAll(params);
    const variables = portVariables(reservations[0]!.range, envPrefix, env);
    const [file, ...args] = filledIn(words, variables);
    output.exitCode = await runChild([file!, ...args], { ...terminal.env, ...variables }, terminal);
    await waitForStragglers(service, reservations, surroundings).catch(({ message }) =>
      output.note(`whether the command left something running cannot be seen: ${message}`),
    );
  });
}

/** A token of Windows is of no use to another process, so a strict hold would keep the command out too. */
function checkHold({ capabilities }: PortService, hold: Hold): void {
  if (hold !== 'strict' || capabilities.handOver !== 'token') return;
  throw new ServiceError('NotSupported', 'A strict hold would keep the command from its own ports on this system.', {
    target: '--hold strict',
    hint: 'Use --hold yield; or reserve with `new --persistent`, and let the command put the token on its sockets.',
  });
}

async function preview(
  service: PortService,
  params: ReservationCreateAllParams,
  words: readonly string[],
  output: Output,
): Promise<void> {
  const { reservations, sentence } = await previewOf(service, params);
  output.result({ whatIf: { reservations, command: words } }, () =>
    output.say(`${sentence}, and run ${words.join(' ')}`),
  );
}
