import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { tokenBytes } from '../../../src/native/linux/socket-token.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { runPowerShell } from '../../support/powershell.ts';
import { asUser, compile, python, run } from './support/programs.ts';
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
    expect(run(python(one.startPort, { token }))).toBe('bound');
    expect(run(python(one.startPort))).toBe(refusal);
    expect(asUser(65_534, python(one.startPort, { token }))).toBe('bound');
  });

  test.skipIf(noCompiler)(`in C${noCompiler}`, async () => {
    const { token, refusal } = await reserve();
    const folder = mkdtempSync(join(tmpdir(), 'client-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = compile(
      `#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int count, char **words) {
  int server = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  if (count > 2) {
    uint64_t token = strtoull(words[2], NULL, 10);
    setsockopt(server, 0x5052, 1, &token, sizeof token);
  }
  puts(bind(server, (void *)&name, sizeof name) ? strerrorname_np(errno) : "bound");
}
`.replace('#include <errno.h>', '#define _GNU_SOURCE\n#include <errno.h>'),
      folder,
    );
    expect(run([program, `${one.startPort}`, `${token}`])).toBe('bound');
    expect(run([program, `${one.startPort}`])).toBe(refusal);
  });

  test('in .NET, from PowerShell', { timeout: 180_000 }, async () => {
    const { token } = await reserve();
    const bind = (associate: string) => `
$socket = [System.Net.Sockets.Socket]::new('InterNetwork', 'Stream', 'Tcp')
try { ${associate}; $socket.Bind([System.Net.IPEndPoint]::new([System.Net.IPAddress]::Any, ${one.startPort})); 'bound' }
catch { $_.Exception.InnerException.SocketErrorCode.ToString() } finally { $socket.Dispose() }`;
    const option = `$socket.SetRawSocketOption(0x5052, 1, [System.BitConverter]::GetBytes([uint64]${token}))`;
    const { stdout } = await runPowerShell(`${bind(option)}\n${bind('$null')}`);
    expect(stdout.trim().split(/\r?\n/)).toEqual(['bound', 'AddressAlreadyInUse']);
  });
});
