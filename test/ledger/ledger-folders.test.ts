import { userInfo } from 'node:os';
import { expect, test } from 'vitest';
import type { Host } from '../../src/host.ts';
import { ledgerFolders } from '../../src/ledger/ledger-folders.ts';
import { hostWith } from './support/homes.ts';

const foldersOf = (platform: NodeJS.Platform, env: Host['env'], privileged = false) => {
  const { own, system } = ledgerFolders(hostWith(env, { platform }), privileged);
  return { own: own?.path, system: system?.path, shared: own?.shared };
};

const linux = '/var/lib/port-reservation';
const windows = 'C:\\ProgramData\\PortReservation';
const passwdHome = userInfo().homedir;

test.each<[NodeJS.Platform, Host['env'], string, string]>([
  ['linux', { HOME: '/home/me' }, '/home/me/.local/state/port-reservation', linux],
  ['linux', { HOME: '/home/me', XDG_STATE_HOME: '/state' }, '/state/port-reservation', linux],
  ['linux', { HOME: '/home/me', XDG_STATE_HOME: '' }, '/home/me/.local/state/port-reservation', linux],
  ['linux', { HOME: '/home/me', XDG_STATE_HOME: 'state' }, '/home/me/.local/state/port-reservation', linux],
  ['linux', { HOME: '/home/me', PORT_RESERVATION_HOME: '' }, '/home/me/.local/state/port-reservation', linux],
  ['linux', {}, `${passwdHome}/.local/state/port-reservation`, linux],
  ['linux', { HOME: 'relative' }, `${passwdHome}/.local/state/port-reservation`, linux],
  ['freebsd', { HOME: '/home/me' }, '/home/me/.local/state/port-reservation', linux],
  ['darwin', { HOME: '/Users/me' }, '/Users/me/Library/Application Support/PortReservation', linux],
  ['win32', { LOCALAPPDATA: 'D:\\me\\Local' }, 'D:\\me\\Local\\PortReservation', windows],
  ['win32', { LOCALAPPDATA: 'D:\\me', ProgramData: 'E:\\pd' }, 'D:\\me\\PortReservation', 'E:\\pd\\PortReservation'],
])('on %s with %j the user writes %s and reads %s', (platform, env, own, system) => {
  expect(foldersOf(platform, env)).toEqual({ own, system, shared: false });
});

test.each<[NodeJS.Platform, Host['env'], string]>([
  ['linux', { HOME: '/root', XDG_STATE_HOME: '/state' }, linux],
  ['darwin', { HOME: '/var/root' }, linux],
  ['win32', { LOCALAPPDATA: 'D:\\me\\Local', ProgramData: 'E:\\pd' }, 'E:\\pd\\PortReservation'],
  ['win32', {}, windows],
])('on %s with %j root or an elevated user writes %s, for all to read', (platform, env, own) => {
  expect(foldersOf(platform, env, true)).toEqual({ own, system: undefined, shared: true });
});

test.each([true, false])('PORT_RESERVATION_HOME is the only folder, privileged: %s', (privileged) => {
  const env = { PORT_RESERVATION_HOME: '/chosen', HOME: '/home/me', XDG_STATE_HOME: '/state' };
  expect(foldersOf('linux', env, privileged)).toEqual({ own: '/chosen', system: undefined, shared: false });
});

test.each<[NodeJS.Platform, string]>([
  ['linux', 'here'],
  ['linux', './here'],
  ['linux', 'C:\\here'],
  ['win32', 'here'],
  ['win32', 'C:here'],
])('on %s PORT_RESERVATION_HOME=%s is refused as relative', (platform, chosen) => {
  expect(() => foldersOf(platform, { PORT_RESERVATION_HOME: chosen })).toThrow(
    expect.objectContaining({ errorName: 'NotSupported', facts: expect.objectContaining({ target: chosen }) }),
  );
});
