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

it('Remove-PortReservation removes the same numbers in both, each by itself', async () => {
  const { failed, removed, named, left } = await session.run(`
    $tcp, $udp = New-PortReservation -Protocol Tcp, Udp -NumberOfPorts 2
    $range = @{ StartPort = $tcp.StartPort; NumberOfPorts = 2; Protocol = 'Tcp', 'Udp' }
    $removed = @(Remove-PortReservation @range -PassThru)
    $null = New-PortReservation -StartPort $tcp.StartPort -NumberOfPorts 2 -Protocol Udp
    Remove-PortReservation @range -ErrorVariable failed -ErrorAction SilentlyContinue
    $null = New-PortReservation -Protocol Tcp, Udp -Name dns
    $named = @(Remove-PortReservation dns -Protocol Tcp, Udp -PassThru).Protocol
    Report @{ removed = $removed.Protocol; failed = Get-Facts $failed; named = $named; left = @(Get-PortReservation).Count }`);
  expect({ removed, named, left }).toEqual({ removed: ['Tcp', 'Udp'], named: ['Tcp', 'Udp'], left: 0 });
  expect(failed).toMatchObject([{ id: 'NotFound,Remove-PortReservation', target: expect.stringMatching(/^tcp /) }]);
});

it('New-PortReservation reserves neither where one is taken, and says which', async () => {
  const { failed, left, port } = await session.run(`
    $udp = New-PortReservation -Protocol Udp
    New-PortReservation -Protocol Tcp, Udp -StartPort $udp.StartPort -ErrorVariable failed -ErrorAction SilentlyContinue
    Report @{ failed = Get-Facts $failed; left = @(Get-PortReservation).Protocol; port = $udp.StartPort }`);
  expect(failed).toMatchObject([{ id: 'RangeReserved,New-PortReservation', target: `udp ${port}` }]);
  expect(left).toBe('Udp');
});
