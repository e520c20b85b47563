import { describe, expect, test } from 'vitest';
import { holdersOf } from '../../../src/providers/windows/holders.ts';
import { rowOf } from '../../../src/providers/windows/inspect.ts';
import { parseReservedUrls } from '../../../src/providers/windows/netsh.ts';

const processes = new Map([
  [4711, { processName: 'node.exe', user: 'VM\\ada' }],
  [812, { processName: 'svchost.exe', service: 'Dhcp,EventLog' }],
  [4, { processName: 'System' }],
]);

describe('the holders of a port', () => {
  const socket = (processId: number, state: number | undefined) => ({ port: 80, address: '0.0.0.0', processId, state });

  test('are its processes, listeners first, each with the command that ends it', () => {
    const sockets = [socket(0, 11), socket(4711, 5), socket(812, 2), socket(812, 5)];
    expect(holdersOf(sockets, processes)).toEqual([
      {
        holder: {
          state: 'listening',
          addresses: ['0.0.0.0'],
          processId: 812,
          processName: 'svchost.exe',
          service: 'Dhcp,EventLog',
        },
        end: 'Stop-Service Dhcp, EventLog -Force',
      },
      {
        holder: {
          state: 'connected',
          addresses: ['0.0.0.0'],
          processId: 4711,
          processName: 'node.exe',
          user: 'VM\\ada',
        },
        end: 'Stop-Process -Id 4711 -Force',
      },
      { holder: { state: 'closing', addresses: ['0.0.0.0'] } },
    ]);
  });

  test('no command ends the kernel', () => {
    expect(holdersOf([socket(4, 2)], processes)).toEqual([
      { holder: { state: 'listening', addresses: ['0.0.0.0'], processId: 4, processName: 'System' } },
    ]);
  });

  test('of HTTP.sys are the kernel, with the urls reserved there and the command that shows more', () => {
    const urls = ['http://+:80/app/'];
    expect(holdersOf([socket(4, 2)], processes, urls)).toEqual([
      {
        holder: { state: 'listening', addresses: ['0.0.0.0'], processId: 4, processName: 'System', urls },
        end: 'netsh http show servicestate view=requestq',
      },
    ]);
    expect(holdersOf([socket(4711, 2)], processes, urls)[0]!.holder).not.toHaveProperty('urls');
  });

  test('of udp receive; a process that nothing is known of keeps its id', () => {
    expect(holdersOf([socket(99, undefined)], processes)).toMatchObject([
      { holder: { state: 'listening', processId: 99 } },
    ]);
  });
});

test('the row that nobody can bind in goes before an administrator’s', () => {
  const row = (startPort: number, administered: boolean) => ({ range: { startPort, numberOfPorts: 10 }, administered });
  const rows = [row(5000, true), row(5005, false)];
  expect(rowOf(rows, 5004)).toBe(rows[0]);
  expect(rowOf(rows, 5005)).toBe(rows[1]);
  expect(rowOf(rows, 5015)).toBeUndefined();
});

test('url reservations are read by their urls, whatever the words around them say', () => {
  const output = [
    'Reservierungen f\u0081r URLs:',
    '    Reservierte URL            : http://*:2869/ ',
    '        Benutzer: NT-AUTORIT\u008eT\\LOKALER DIENST',
    '    Reservierte URL            : https://+:5986/wsman/ ',
    '    Reservierte URL            : HTTP://[::1]:8080/a/b/',
    '        SDDL: D:(A;;GX;;;S-1-5-80-569256582)',
    '    http://no-port/',
  ].join('\r\n');
  expect(parseReservedUrls(output)).toEqual([
    { url: 'http://*:2869/', port: 2869 },
    { url: 'https://+:5986/wsman/', port: 5986 },
    { url: 'HTTP://[::1]:8080/a/b/', port: 8080 },
  ]);
});
