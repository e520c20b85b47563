import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const server = '/usr/sbin/sshd';

/** Why ssh cannot be tried here, or nothing. */
export const noSsh = existsSync(server) && existsSync('/usr/bin/ssh') ? '' : ' (skipped: no ssh and sshd)';

/**
 * The beginning of a command line that reaches this machine as if it were another: OpenSSH's client and server, with keys
 * and settings of their own, joined by a pipe, so that nothing listens anywhere. What follows is run by the login shell.
 */
export function sshToHere(
  onTestFinished: (work: () => void) => void,
  { env = {}, isKeyKnown = true }: { env?: Record<string, string>; isKeyKnown?: boolean } = {},
): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-ssh-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  // Where the server, started by root, shuts itself in while nobody has logged in.
  if (userInfo().uid === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
  const file = (name: string) => join(folder, name);
  for (const name of ['host', 'user']) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
  }
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const lines = [
    `HostKey ${file('host')}`,
    `AuthorizedKeysFile ${file(isKeyKnown ? 'user.pub' : 'nobody.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PidFile none',
    ...(variables.length ? [`SetEnv ${variables.join(' ')}`] : []),
  ];
  writeFileSync(file('sshd_config'), `${lines.join('\n')}\n`);
  // The server writes its log to standard error, which would be taken for the worker's.
  writeFileSync(file('server'), `#!/bin/sh\nexec ${server} -i -e -f ${file('sshd_config')} 2> ${file('log')}\n`);
  chmodSync(file('server'), 0o755);
  writeFileSync(
    file('ssh_config'),
    `Host build01
  ProxyCommand ${file('server')}
  User ${userInfo().username}
  IdentityFile ${file('user')}
  IdentitiesOnly yes
  IdentityAgent none
  BatchMode yes
  LogLevel ERROR
  StrictHostKeyChecking no
  UserKnownHostsFile ${file('known_hosts')}
  GlobalKnownHostsFile /dev/null
`,
  );
  return ['ssh', '-F', file('ssh_config'), 'build01'];
}
