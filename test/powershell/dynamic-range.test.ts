import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { mayOwnNetwork, useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ModuleSession } from './module-session.ts';

useOwnNetwork();
let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
afterAll(() => session[Symbol.asyncDispose]());

const setRange = (first: number, last: number) =>
  execFileSync('sysctl', ['-qw', `net.ipv4.ip_local_port_range=${first} ${last}`]);
const title = (text: string) => `${text}${mayOwnNetwork ? '' : ' (skipped: needs root, in the main thread, on Linux)'}`;

it.skipIf(!mayOwnNetwork)(title('gives start and count of each protocol, typed'), async () => {
  setRange(20_000, 21_000);
  const seen = await session.run(`
    $all = @(Get-PortDynamicRange -WarningVariable warned)
    $one = [pscustomobject] @{ Protocol = 'udp' } | Get-PortDynamicRange
    Report @{ type = $all[0].PSTypeNames[0]; protocols = $all.Protocol; start = $all.StartPort; end = $all[1].EndPort
      count = $one.NumberOfPorts; one = @($one).Count; protocol = $one.Protocol; warned = $warned.Count }`);
  expect(seen).toEqual({
    type: 'PortReservation.DynamicRange',
    protocols: ['Tcp', 'Udp'],
    start: [20_000, 20_000],
    end: 21_000,
    count: 1001,
    one: 1,
    protocol: 'Udp',
    warned: 0,
  });
});

it.skipIf(!mayOwnNetwork)(title('warns where it begins below 10000, and shows a table'), async () => {
  setRange(1024, 60_999);
  const { values, stdout } = await session.runWithErrors(`
    Get-PortDynamicRange Tcp -WarningVariable warned -WarningAction SilentlyContinue
    Report @{ warned = "$warned" }`);
  expect(values.warned).toMatch(/tcp ports from 1024 on .* sudo sysctl -w net\.ipv4\.ip_local_port_range=/);
  const lines = stdout
    .replaceAll('\r', '')
    .split('\n')
    .map((line) => line.trimEnd());
  expect(lines.filter((line) => line && !line.startsWith('REPORT'))).toEqual([
    'Protocol StartPort EndPort NumberOfPorts',
    '-------- --------- ------- -------------',
    'Tcp           1024   60999         59976',
  ]);
});
