import { describe, expect, test } from 'vitest';
import { holdersOf, rowOf } from '../../../src/providers/windows/inspect.ts';
import { parseTaskList } from '../../../src/providers/windows/task-list.ts';

const tasks = parseTaskList(
  [
    '"System Idle Process","0","N/A"',
    '"node.exe","4711","Nicht zutreffend"',
    '"svchost.exe","812","Dhcp,EventLog"',
    '"sp\u0082cial.exe","5","N/A"',
    '',
    'INFO: no row',
  ].join('\r\n'),
);

test('the task list gives names and services, whatever the language says for none', () => {
  expect([...tasks]).toEqual([
    [0, { processName: 'System Idle Process' }],
    [4711, { processName: 'node.exe' }],
    [812, { processName: 'svchost.exe', service: 'Dhcp,EventLog' }],
    [5, { processName: 'sp\u0082cial.exe' }],
  ]);
});

describe('the holders of a port', () => {
  const socket = (processId: number, state: number | undefined) => ({ port: 80, processId, state });

  test('are its processes, listeners first, each with the command that ends it', () => {
    const sockets = [socket(0, 11), socket(4711, 5), socket(812, 2), socket(812, 5)];
    expect(holdersOf(sockets, tasks)).toEqual([
      {
        holder: {
          state: 'listening',
          addresses: [],
          processId: 812,
          processName: 'svchost.exe',
          service: 'Dhcp,EventLog',
        },
        end: 'Stop-Service Dhcp, EventLog -Force',
      },
      {
        holder: { state: 'connected', addresses: [], processId: 4711, processName: 'node.exe' },
        end: 'Stop-Process -Id 4711 -Force',
      },
      { holder: { state: 'closing', addresses: [] } },
    ]);
  });

  test('of udp receive; a process that the list does not have keeps its id', () => {
    expect(holdersOf([socket(99, undefined)], tasks)).toMatchObject([
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
