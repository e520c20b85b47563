import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { portreservation } from '../cli/support.ts';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { ask } from './support.ts';

describe.skipIf(noNamespaces)(namespaceTitle('where hardly a port is left'), () => {
  test('all of them are given, then it is said that there is none, and those of the dead are given again', async () => {
    const { prefix, sh } = await openNamespace();
    // Port 0 takes the upper half, and all but forty of the others are excluded.
    sh('sysctl -qw net.ipv4.ip_local_port_range="32768 65535" net.ipv4.ip_local_reserved_ports=1024-30000,30041-32767');
    const say = 'echo "at $PORTSERVER_ADDRESS ."; exec sleep 1000';
    const exec = [process.execPath, portreservation, 'exec', '--quiet', '--', 'sh', '-c', say];
    const [file, ...words] = [...prefix, ...exec];
    const run = spawn(file!, words, { env: ownHome(onTestFinished), stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(async () => {
      run.kill('SIGTERM');
      await once(run, 'exit');
    });
    const [said] = await once(run.stdout, 'data');
    const address = /at (\S+) \./.exec(String(said))![1]!;
    const greedy = spawn('sleep', ['1000']);
    onTestFinished(() => void greedy.kill('SIGKILL'));
    const given = (await ask(address, `${greedy.pid}\n`.repeat(60))).trim().split('\n').map(Number);
    expect(given).toHaveLength(60);
    const ports = given.filter((port) => port > 0);
    expect(ports.length).toBeGreaterThan(30);
    expect(new Set(ports).size).toBe(ports.length);
    expect(given.slice(ports.length).every((port) => port === 0)).toBe(true);
    const { refused } = JSON.parse(await ask(address, `${greedy.pid} {"protocol":["tcp","udp"]}\n`));
    expect(refused).toMatchObject({ errorName: 'NoFreeRange' });
    greedy.kill('SIGKILL');
    await expect.poll(() => ask(address, `${process.pid}\n`)).toMatch(/^[1-9]\d*\n$/);
  });
});
