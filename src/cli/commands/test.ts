import { type Command, Option } from 'commander';
import { exitCode } from '../../exit-codes.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { Protocol, Reservation } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { UsageError } from '../failure.ts';
import { type CommonOptions, port, protocolOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { describeWanted, patternBy, select, type Wanted } from '../selection.ts';
import { inService } from '../service.ts';
import { nameOf } from '../views.ts';

interface Options extends CommonOptions {
  protocol?: Protocol[];
  port?: number;
  probe?: boolean;
}

/** What is known of one thing asked about. */
interface Finding {
  asked: string;
  reservations: Reservation[];
  /** With --probe: whether a socket could be bound inside each. */
  usable?: boolean;
}

export function addTest(root: Command, output: Output): void {
  const command = root
    .command('test')
    .summary('say by the exit code whether ports are reserved')
    .description('Say whether there is a reservation of each: exit code 0 when there is, 1 when one is missing.')
    .argument('[reservations...]', 'exactly these ranges, or these names: 5000-5009 web; * ? and [a-z] are wildcards')
    .addOption(new Option('--port <port>', 'any reservation that holds this port').argParser(port))
    .addOption(protocolOption('tcp or udp, or both; a range means tcp if absent, a name both'))
    .option('--probe', 'also bind a socket inside, as its user would, and close it: 1 when that is refused');
  withCommon(command).action((words: string[], options: Options) => test(words, options, output));
}

async function test(words: string[], options: Options, output: Output): Promise<void> {
  if (words.length === 0 && options.port === undefined) {
    throw new UsageError('Say which reservations: a range, a name, or --port.', 'See portreservation test --help.');
  }
  const findings = await inService(options, async (service) => {
    const found: Finding[] = [];
    for (const word of words) found.push(...(await find(service, patternBy(word), options)));
    if (options.port !== undefined) found.push(await findPort(service, options.port, options));
    for (const one of options.probe ? found : []) one.usable = await isUsable(service, one.reservations, options.port);
    return found;
  });
  const isTrue = findings.every(
    ({ reservations, usable }) => reservations.length > 0 && !reservations.some(isLost) && usable !== false,
  );
  if (!isTrue) output.exitCode = exitCode.failed;
  output.result({ result: isTrue, findings }, () => {
    for (const finding of findings) sayFinding(finding, output);
  });
}

/** A range must be there in each protocol asked for; a name in any. */
async function find(service: PortService, wanted: Wanted, { protocol }: Options): Promise<Finding[]> {
  const apart = wanted.range ? (protocol ?? ['tcp']).map((one) => [one]) : [protocol];
  const found: Finding[] = [];
  for (const protocols of apart) {
    found.push({
      asked: describeWanted(wanted, protocols),
      reservations: await select(service, wanted, protocols),
    });
  }
  return found;
}

async function findPort(service: PortService, wanted: number, { protocol }: Options): Promise<Finding> {
  const { reservations } = await service.list({ port: wanted, ...(protocol && { protocol }) });
  return { asked: `${protocol?.join(' and ') ?? 'any'} port ${wanted}`, reservations };
}

async function isUsable(service: PortService, reservations: Reservation[], wanted?: number): Promise<boolean> {
  for (const { protocol, range } of reservations) {
    try {
      await service.probe({ protocol, range, ...(wanted && { port: wanted }) });
    } catch (error) {
      if (error instanceof ServiceError && error.errorName === 'PortInUse') return false;
      throw error;
    }
  }
  return true;
}

/** Whether the system lacks what is recorded. */
const isLost = ({ state }: Reservation): boolean => state === 'lost';

function sayFinding({ asked, reservations, usable }: Finding, output: Output): void {
  if (reservations.length === 0) output.say(`There is no reservation of ${asked}.`);
  for (const reservation of reservations) {
    const use =
      usable === undefined ? '' : usable ? ', and a socket can be bound inside' : ', but it cannot be used now';
    const lost = isLost(reservation) ? ' by the record alone: the system lacks it, and may hand its ports out' : '';
    output.say(`${nameOf(reservation)} is reserved${lost}${use}.`);
  }
}
