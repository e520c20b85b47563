import { execFileSync } from 'node:child_process';
import { expect, onTestFinished, test } from 'vitest';
import { openService } from '../../src/open-service.ts';
import { portreservation } from '../cli/support.ts';
import { namespaceTitle, noNamespaces } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { mayOwnNetwork, useOwnNetwork } from './held/support/own-network.ts';

useOwnNetwork();

const title = (text: string) => `${text}${mayOwnNetwork ? '' : ' (skipped: needs root, in the main thread, on Linux)'}`;

async function ask(first: number, last: number) {
  execFileSync('sysctl', ['-qw', `net.ipv4.ip_local_port_range=${first} ${last}`]);
  const service = await openService();
  onTestFinished(() => service.close());
  return service.dynamicRange();
}

test.skipIf(!mayOwnNetwork)(title('the dynamic range is what the kernel says, for both protocols'), async () => {
  const range = { startPort: 20_000, numberOfPorts: 1001 };
  expect(await ask(20_000, 21_000)).toEqual({
    dynamicRanges: [
      { protocol: 'tcp', range },
      { protocol: 'udp', range },
    ],
  });
});

test.skipIf(!mayOwnNetwork)(title('a range from below 10000 is warned of, with the command to change it'), async () => {
  const { warnings } = await ask(9999, 60_999);
  const text = (protocol: string) =>
    `The system hands out ${protocol} ports from 9999 on by itself, so any connection may take a port that a server needs. ` +
    'Let it begin at 10000 or above: sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"';
  expect(warnings).toEqual([text('tcp'), text('udp')]);
  const command = warnings![0]!.split(': sudo ')[1]!;
  execFileSync('sh', ['-c', command], { stdio: 'ignore' });
  const service = await openService();
  onTestFinished(() => service.close());
  expect((await service.dynamicRange({ protocol: 'udp' })).warnings).toBeUndefined();
});

test.skipIf(!mayOwnNetwork)(title('a range from 10000 on is not warned of'), async () => {
  expect(await ask(10_000, 60_999)).not.toHaveProperty('warnings');
});

test.skipIf(noNamespaces)(namespaceTitle('where it cannot be read, ports are chosen below where Linux begins'), () => {
  const words = ['-mn', 'sh', '-ec', 'umount -l /proc; exec "$@"', 'sh', process.execPath, portreservation];
  const command = ['exec', '--ports', '20000', '--hold', 'none', '--', 'sh', '-c', 'echo $PORT_RANGE'];
  const env = ownHome(onTestFinished);
  const [first, last] = execFileSync('unshare', [...words, ...command], { env, encoding: 'utf8' }).split('-');
  expect(Number(first)).toBeGreaterThanOrEqual(10_000);
  expect(Number(last)).toBeLessThan(32_768);
});
