import { lookup } from 'node:dns/promises';
import { exitCode } from '../../exit-codes.ts';
import { answers } from '../../library/answers.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { Address } from '../address.ts';
import { UsageError } from '../failure.ts';
import type { Output } from '../output.ts';

const patience = 3000;

/**
 * What can be told of ports of another machine from here: whether somebody answers.
 * @throws ServiceError NotFound where there is no such machine; UsageError this machine's ports together with another's, ranges, or UDP
 */
export async function statusOfOther(
  asked: readonly Address[],
  elsewhere: readonly Address[],
  options: { exitCode?: boolean; protocol?: readonly string[] },
  output: Output,
): Promise<void> {
  const there = elsewhere.map(({ host, range, protocol }) => ({ host: host!, range, protocol }));
  const isUdp = options.protocol?.includes('udp') || there.some(({ protocol }) => protocol === 'udp');
  if (isUdp || asked.length > there.length || there.some(({ range }) => range.numberOfPorts > 1)) {
    const { host, range } = there[0]!;
    throw new UsageError(
      `${host} is another machine: from here only single tcp ports can be tried, by themselves.`,
      `Ask that machine for more: ssh ${host} portreservation status ${range.startPort}`,
    );
  }
  for (const { host } of there) {
    await lookup(host).catch(({ code }: NodeJS.ErrnoException) => {
      throw new ServiceError('NotFound', `There is no machine of the name ${host} here (${code}).`, { target: host });
    });
  }
  const hosts = await Promise.all(
    there.map(async ({ host, range: { startPort: port } }) => ({
      host,
      port,
      answers: await answers(port, host, { left: patience }),
    })),
  );
  if (options.exitCode && hosts.some((one) => one.answers)) output.exitCode = exitCode.failed;
  output.result({ hosts }, () => {
    for (const { host, port, answers: isThere } of hosts) {
      const what = isThere ? 'something answers' : 'nothing answers';
      output.say(
        `${host} tcp ${port}: ${what}. Who has it, that machine knows: ssh ${host} portreservation status ${port}`,
      );
    }
  });
}
