import { afterAll, beforeAll, expect, it } from 'vitest';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { ModuleSession } from './module-session.ts';

useOwnNetwork();
let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
afterAll(() => session[Symbol.asyncDispose]());

it('Find-FreePortRange gives blocks that New-PortReservation takes', async () => {
  const seen = await session.run(`
    $free = @(Find-FreePortRange -NumberOfPorts 100 -Protocol Tcp, Udp -Within 20000-30000 -First 3)
    $reserved = @($free | New-PortReservation)
    $next = Find-FreePortRange -Count 100 -Within 20000-30000 -First 1
    Report @{ type = $free[0].PSTypeNames[0]; protocol = $free[0].Protocol; start = $free.StartPort; end = $free[2].EndPort
      count = $free[0].NumberOfPorts; reserved = $reserved.StartPort; next = $next.StartPort; default = $next.Protocol }`);
  expect(seen).toEqual({
    type: 'PortReservation.FreeRange',
    protocol: ['Tcp', 'Udp'],
    start: [20_000, 20_100, 20_200],
    end: 20_299,
    count: 100,
    reserved: [20_000, 20_000, 20_100, 20_100, 20_200, 20_200],
    next: 20_300,
    default: ['Tcp'],
  });
});

it('Find-FreePortRange shows a table, and errors by their names', async () => {
  const { values, stdout } = await session.runWithErrors(`
    Find-FreePortRange -Protocol Tcp, Udp -Within 31001-31001
    Find-FreePortRange -Within 30-20 -ErrorVariable range -ErrorAction SilentlyContinue
    Find-FreePortRange -NumberOfPorts 5 -Within 31001-31002 -ErrorVariable large -ErrorAction SilentlyContinue
    Report @{ failed = Get-Facts (@($range) + $large) }`);
  expect(values.failed).toMatchObject([
    { id: 'InvalidRange,Find-FreePortRange', target: '30-20' },
    { id: 'InvalidParams,Find-FreePortRange', target: '5 free Tcp ports' },
  ]);
  const lines = stdout.split(/\r?\n/).map((line) => line.trimEnd());
  expect(lines.filter((line) => line && !line.startsWith('REPORT'))).toEqual([
    'Protocol StartPort EndPort NumberOfPorts',
    '-------- --------- ------- -------------',
    'Tcp, Udp     31001   31001             1',
  ]);
});
