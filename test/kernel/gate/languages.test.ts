import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { tokenBytes } from '../../../src/native/linux/socket-token.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { runPowerShell } from '../../support/powershell.ts';
import { asUser, compile, run } from './support/programs.ts';
import {
  AF_INET6,
  address,
  errnoName,
  libc,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_STREAM,
  TOKEN,
} from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
/** Each test has one of its own: what was served lingers in TIME_WAIT. */
const one = { startPort: 21_042, numberOfPorts: 1 };
afterEach(() => void one.startPort++);

async function reserve(protocol: 'tcp' | 'udp' = 'tcp'): Promise<{ token: bigint; refusal: string }> {
  const gate = KernelGate.own(room);
  onTestFinished(() => gate.close());
  const token = await gate.acquire(protocol, { ...one });
  return { token, refusal: (await gate.status()).refusal! };
}

/** A socket that is bound on every address with the token, for Node to serve. */
function bound(type: number, token: bigint): number {
  const descriptor = libc.socket(AF_INET6, type | SOCK_CLOEXEC, 0);
  libc.setsockopt(descriptor, TOKEN.level, TOKEN.option, tokenBytes(token), 8);
  const name = address('::', one.startPort);
  if (libc.bind(descriptor, name, name.length) < 0) throw new Error(errnoName());
  return descriptor;
}

const page = readFileSync(join(import.meta.dirname, '../../../docs/linux-kernel.md'), 'utf8');

/** The call as docs/linux-kernel.md has it for the language. */
const documented = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([^]*?)\`\`\`$`, 'm').exec(page)![1]!.trim();

const noCompiler = spawnSync('gcc', ['--version']).status === 0 ? '' : ' (skipped: needs gcc)';

describe.skipIf(noGate)(gateTitle('a reserved port is served'), () => {
  test('in Node, over TCP', async () => {
    const { token, refusal } = await reserve();
    const other = createServer();
    const [error] = await once(other.listen(one.startPort), 'error').catch((error) => [error]);
    expect(error.code).toBe(refusal);
    const server = createServer((socket) => socket.end('hello')).listen({ fd: bound(SOCK_STREAM, token) });
    await once(server, 'listening');
    const client = connect(one.startPort, '127.0.0.1');
    let text = '';
    for await (const chunk of client) text += chunk;
    await once(server.close(), 'close');
    expect(text).toBe('hello');
  });

  test('in Node, over UDP', async () => {
    const { token } = await reserve('udp');
    const server = createSocket('udp6');
    const listening = once(server, 'listening');
    server.bind({ fd: bound(SOCK_DGRAM, token) });
    await listening;
    const client = createSocket('udp4');
    const message = once(server, 'message');
    client.send('hello', one.startPort, '127.0.0.1');
    expect(`${(await message)[0]}`).toBe('hello');
    client.close();
    server.close();
  });

  test('in Python, by root and by an ordinary user', async () => {
    const { token, refusal } = await reserve();
    const script = (associate: string) => `
import errno, os, socket, struct
server = socket.socket()
try:
    ${associate}
    server.bind(("", ${one.startPort}))
    print("bound")
except OSError as e: print(errno.errorcode[e.errno])`;
    const python = (associate: string) => [
      '/usr/bin/env',
      `TOKEN=${token}`,
      '/usr/bin/python3',
      '-c',
      script(associate),
    ];
    expect(run(python(documented('python')))).toBe('bound');
    expect(run(python('pass'))).toBe(refusal);
    expect(asUser(65_534, python(documented('python')))).toBe('bound');
  });

  test.skipIf(noCompiler)(`in C${noCompiler}`, async () => {
    const { token, refusal } = await reserve();
    const folder = mkdtempSync(join(tmpdir(), 'client-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const source = (associate: string) => `#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(${one.startPort})};
  ${associate}
  puts(bind(server, (void *)&name, sizeof name) ? strerrorname_np(errno) : "bound");
}
`;
    const inC = (associate: string) => run(['/usr/bin/env', `TOKEN=${token}`, compile(source(associate), folder)]);
    expect(inC(documented('c'))).toBe('bound');
    expect(inC('')).toBe(refusal);
  });

  test('in .NET, from PowerShell', { timeout: 180_000 }, async () => {
    const { token } = await reserve();
    const bind = (associate: string) => `
$server = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
try { ${associate}; $server.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, ${one.startPort})); 'bound' }
catch { $_.Exception.InnerException.SocketErrorCode.ToString() } finally { $server.Dispose() }`;
    const env = { TOKEN: `${token}` };
    const { stdout } = await runPowerShell(`${bind(documented('powershell'))}\n${bind('$null')}`, { env });
    expect(stdout.trim().split(/\r?\n/)).toEqual(['bound', 'AddressAlreadyInUse']);
  });
});
