import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ModuleSession } from './module-session.ts';

let session: ModuleSession;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

it('New-PortReservation -Protocol Tcp, Udp gives two reservations of the same numbers', async () => {
  const seen = await session.run(`
    $tcp, $udp = New-PortReservation -Protocol Tcp, Udp, tcp -NumberOfPorts 2 -Name dns
    Report @{ protocols = $tcp.Protocol, $udp.Protocol; same = $tcp.StartPort -eq $udp.StartPort; names = $tcp.Name, $udp.Name
      all = @(Get-PortReservation dns).Count; whatIf = @(New-PortReservation -Protocol Tcp, Udp -WhatIf).Count }
    $tcp, $udp | Remove-PortReservation
    Report @{ left = @(Get-PortReservation).Count }`);
  expect(seen).toEqual({
    protocols: ['Tcp', 'Udp'],
    same: true,
    names: ['dns', 'dns'],
    all: 2,
    whatIf: 0,
    left: 0,
  });
});

it('New-PortReservation reserves neither where one is taken, and says which', async () => {
  const { failed, left, port } = await session.run(`
    $udp = New-PortReservation -Protocol Udp
    New-PortReservation -Protocol Tcp, Udp -StartPort $udp.StartPort -ErrorVariable failed -ErrorAction SilentlyContinue
    Report @{ failed = Get-Facts $failed; left = @(Get-PortReservation).Protocol; port = $udp.StartPort }`);
  expect(failed).toMatchObject([{ id: 'RangeReserved,New-PortReservation', target: `udp ${port}` }]);
  expect(left).toBe('Udp');
});
