import { describe, expect, test } from 'vitest';
import { toRun } from '../../../src/protocol/remedies.ts';
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
        note: 'Windows itself needs it, so it is not ended for a port',
      },
      {
        holder: {
          state: 'connected',
          addresses: ['0.0.0.0'],
          processId: 4711,
          processName: 'node.exe',
          user: 'VM\\ada',
        },
        end: toRun('Stop-Process -Id 4711 -Force'),
      },
      { holder: { state: 'timeWait', addresses: ['0.0.0.0'] } },
    ]);
  });

  test('no command ends the session that asks', () => {
    expect(holdersOf([socket(4711, 5)], processes, [], new Set([4711]))).toMatchObject([
      { holder: { processId: 4711 }, note: 'this session itself has it', isAskers: true },
    ]);
    expect(holdersOf([socket(4711, 5)], processes, [], new Set([4711]))[0]).not.toHaveProperty('end');
  });

  test('no command ends the kernel; one shows who is behind HTTP.sys', () => {
    expect(holdersOf([socket(4, 2)], processes)).toEqual([
      {
        holder: { state: 'listening', addresses: ['0.0.0.0'], processId: 4, processName: 'System' },
        end: toRun('netsh http show servicestate view=requestq'),
        note: expect.stringContaining('HTTP.sys or a driver has it'),
      },
    ]);
    const smb = holdersOf([{ ...socket(4, 2), port: 445 }], processes);
    expect(smb).toEqual([{ holder: smb[0]!.holder, note: expect.stringContaining('SMB') }]);
  });

  test('that have ended are named so, since one that they started has their sockets', () => {
    expect(holdersOf([socket(99, 2)], processes)).toEqual([
      {
        holder: { state: 'listening', addresses: ['0.0.0.0'], processId: 99, unseen: 'ended' },
        note: expect.stringContaining('ParentProcessId=99'),
      },
    ]);
  });

  test.each([
    ['wininit.exe', undefined, undefined],
    ['svchost.exe', 'RpcEptMapper,RpcSs', undefined],
    ['lsass.exe', 'KeyIso,SamSs', undefined],
    ['svchost.exe', undefined, undefined],
    ['services.exe', undefined, undefined],
    ['lsass.exe', undefined, undefined],
    ['csrss.exe', undefined, undefined],
    ['smss.exe', undefined, undefined],
    ['svchost.exe', 'RPCSS', undefined],
    ['svchost.exe', 'Spooler,Themes', undefined],
    ['svchost.exe', 'hns', undefined],
    ['vmcompute.exe', 'vmcompute', undefined],
    ['svchost.exe', 'IpHlpSvc,Themes', 'netsh interface portproxy delete v4tov4 listenport=80 listenaddress=0.0.0.0'],
    ['dockerd.exe', 'docker', 'docker ps'],
    ['com.docker.service', 'com.docker.service', 'docker ps'],
    ['vpnkit.exe', undefined, 'docker ps'],
    ['wslservice.exe', 'WSLService', 'wsl --shutdown'],
    ['wslhost.exe', undefined, 'wsl --shutdown'],
    ['svchost.exe', 'SharedAccess', 'Stop-Service SharedAccess -Force'],
    ['nginx.exe', 'nginx', 'Stop-Service nginx -Force'],
    ['svchost.exe', 'iphlpsvc', 'netsh interface portproxy delete v4tov4 listenport=80 listenaddress=0.0.0.0'],
    ['wslrelay.exe', undefined, 'wsl.exe -u root -- fuser -k 80/tcp'],
    ['com.docker.backend.exe', undefined, 'docker ps -q --filter publish=80 | ForEach-Object { docker stop $_ }'],
    ['node.exe', undefined, 'Stop-Process -Id 700 -Force'],
  ])('%s of the services %s is ended by %s', (processName, service, command) => {
    const [found] = holdersOf([socket(700, 2)], new Map([[700, { processName, ...(service && { service }) }]]));
    expect(found!.end?.run).toBe(command);
    expect(found!.end?.stops !== undefined).toBe(service === 'SharedAccess' || command === 'wsl --shutdown');
  });

  test('of HTTP.sys are the kernel, with the urls reserved there and the command that shows more', () => {
    const urls = ['http://+:80/app/'];
    expect(holdersOf([socket(4, 2)], processes, urls)).toEqual([
      {
        holder: { state: 'listening', addresses: ['0.0.0.0'], processId: 4, processName: 'System', urls },
        end: toRun('netsh http show servicestate view=requestq'),
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

test('urls with an address to listen on, with a zone, and without a closing slash are found', () => {
  const lines = ['http://+:8080:127.0.0.1/app/ ', 'https://*:8443:*/x/', 'http://[fe80::1%4]:9999/', 'http://+:81 '];
  const output = lines.map((url) => `    Reserved URL            : ${url}`).join('\r\n');
  expect(parseReservedUrls(output).map(({ port }) => port)).toEqual([8080, 8443, 9999, 81]);
});
