import { type Command, InvalidArgumentError } from 'commander';
import { exitCode } from '../../exit-codes.ts';
import type { PortStatus, PortStatusList, Protocol, Remedy, Verdict } from '../../protocol/generated/contract.ts';
import { type Address, isThisMachine, notAnAddress, parseAddress } from '../address.ts';
import { UsageError } from '../failure.ts';
import { type CommonOptions, protocolOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { inService } from '../service.ts';
import { listenersOf, statusOf } from '../status/look.ts';
import { statusOfOther } from '../status/other-machine.ts';
import { listenerColumns, statusColumns } from '../status/views.ts';
import { commandFor } from '../words.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
  exitCode?: boolean;
}

export function addStatus(root: Command, output: Output): void {
  const command = root
    .command('status')
    .summary('say why a port cannot be bound, and who has it')
    .description(
      'Bind each port, free it again, and say what it is, who has it or why it is refused, and what to do. Without ports: what listens on this machine.',
    )
    .argument('[ports...]', 'ports, ranges and addresses: 5173 8000-8010 53/udp localhost:3000', addresses)
    .addOption(protocolOption('tcp, udp, or tcp,udp; tcp if absent, or both without ports'))
    .option('--exit-code', 'end with 0 where all ports are free for this user, with 1 where one is not');
  withCommon(command).action(async (asked: Address[] = [], options: Options) => {
    const elsewhere = asked.filter(({ host }) => host !== undefined && !isThisMachine(host));
    if (elsewhere.length > 0) return statusOfOther(asked, elsewhere, options, output);
    const list = await inService(options, (service) =>
      asked.length > 0 ? statusOf(service, asked, options) : listenersOf(service, options),
    );
    if (asked.length === 0) return output.result(list, () => tellListeners(list, output));
    if (options.exitCode && !list.ports.every(isToBeHad)) output.exitCode = exitCode.failed;
    output.result(list, () => {
      output.table(list.ports, statusColumns);
      for (const status of list.ports) {
        sayKeeper(status, list.ports.length, output);
        sayRemedy(status, list.ports.length, output);
      }
      output.warn(list.warnings);
    });
  });
  command.hook('preAction', ({ args }) => {
    if (args.length === 0 && command.opts<Options>().exitCode)
      throw new UsageError('--exit-code goes with ports.', 'portreservation status 5173 --exit-code');
  });
}

/** Addresses with commas between, after those of earlier words. */
function addresses(word: string, before: Address[] = []): Address[] {
  const found = word.split(',').map(parseAddress);
  if (found.includes(undefined)) throw new InvalidArgumentError(notAnAddress);
  return [...before, ...(found as Address[])];
}

const free = new Set<Verdict>(['free', 'inDynamicRange', 'excludedByAdministrator']);

/** Nobody has it, nobody has reserved it, and a server would get what is sent there. */
const isToBeHad = ({ canBind, verdict }: PortStatus) => canBind && free.has(verdict);

function tellListeners({ ports, warnings }: PortStatusList, output: Output): void {
  const rows = ports.flatMap((status) => {
    const holders = status.holders.filter(({ state }) => state === 'listening');
    return holders.map((holder) => ({ status, holder }));
  });
  output.table(rows, listenerColumns, 'Nothing listens.');
  output.warn(warnings);
}

/** How the process was started that keeps a reserved port: of who listens, the explanation says it. */
function sayKeeper({ protocol, port, verdict, reservation, holders }: PortStatus, total: number, output: Output): void {
  const keeper = holders.find(
    ({ processId }) => processId !== undefined && processId === reservation?.owner?.processId,
  );
  if (verdict !== 'reserved' || !keeper?.commandLine) return;
  const of = total > 1 ? ` ${protocol} ${port}` : '';
  const folder = keeper.workingDirectory ? `\n  in ${keeper.workingDirectory}` : '';
  output.say(`\nWhat keeps${of || ' it'} was started as:\n  ${keeper.commandLine}${folder}`);
}

/** The command; or where the sentence has several ways, each in a line, the narrowest first. */
const waysOf = (remedy: Remedy): string[] =>
  remedy.run !== undefined && remedy.sentence.includes('; ') && !remedy.sentence.startsWith('Run')
    ? remedy.sentence.split('; ')
    : [commandFor(remedy)];

/** The commands, below the table so that they can be copied. */
function sayRemedy({ protocol, port, remedy, prevention }: PortStatus, total: number, output: Output): void {
  const of = total > 1 ? `${protocol} ${port}` : undefined;
  if (remedy) {
    const also = remedy.stops ? ` (also stops ${remedy.stops})` : '';
    const ways = waysOf(remedy).map((line) => `\n  ${line}`);
    output.say(`\nTo change ${of ?? 'that'}${also}:${ways.join('')}`);
  }
  if (prevention) {
    output.say(`\nTo keep it from happening again${of ? ` to ${of}` : ''}:\n  ${commandFor(prevention)}`);
  }
}
