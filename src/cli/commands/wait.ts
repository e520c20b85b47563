import { type Command, Option } from 'commander';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { portsOf } from '../../protocol/ranges.ts';
import { type CommonOptions, duration, given, protocolOption, ranges, withCommon } from '../options.ts';
import type { Output } from '../output.ts';

interface Options extends CommonOptions {
  protocol: Protocol[];
  listening?: boolean;
  free?: boolean;
  host?: string;
  timeout: number;
}

const usualTimeout = 30_000;

export function addWait(root: Command, output: Output): void {
  const command = root
    .command('wait')
    .summary('wait until something listens on a port, or it is free')
    .description('Wait until something listens on each port, or it is free. Exit code 1 when time runs out.')
    .argument('<ports...>', 'ports and ranges: 5432 8000-8010,9000', ranges)
    .option('--listening', 'until something listens; the default')
    .addOption(new Option('--free', 'until a server could have it').conflicts(['listening', 'host']))
    .addOption(protocolOption('tcp, udp, or tcp,udp').default(['tcp'], 'tcp'))
    .option('--host <name>', 'of which machine, tcp alone; this one if absent')
    .addOption(new Option('--timeout <time>', 'how long at most').argParser(duration).default(usualTimeout, '30s'));
  withCommon(command).action((asked: PortRange[], options: Options) => wait(asked, options, output));
}

async function wait(asked: readonly PortRange[], options: Options, output: Output): Promise<void> {
  const { protocol: protocols, free, host, timeout, provider } = options;
  const { waitForPort, waitUntilFree } = await import('../../library/wait.ts');
  const all = protocols.flatMap((protocol) => asked.flatMap(portsOf).map((port) => ({ protocol, port })));
  // One that fails ends the wait for the others.
  const failed = new AbortController();
  const each = all.map(async ({ protocol, port }) => {
    const common = { protocol, timeout, signal: failed.signal };
    const service = { provider };
    await (free ? waitUntilFree(port, common, service) : waitForPort(port, { ...common, ...given({ host }) }, service));
  });
  try {
    await Promise.all(each);
  } finally {
    failed.abort();
  }
  output.result({ ports: all }, () => {
    for (const { protocol, port } of all) output.say(`${protocol} ${port} ${free ? 'is free' : 'is listened on'}.`);
  });
}
