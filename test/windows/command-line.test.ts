import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeInLab, windowsPath } from '../lab/lab.ts';
import type { Machine } from '../lab/run.ts';
import { openProductLab, type ProductLab } from './support/product-lab.ts';

describeInLab('the command line on Windows', () => {
  let opened: ProductLab;
  let machine: Machine;
  let file: string;
  beforeAll(async () => {
    opened = await openProductLab();
    machine = opened.lab.machine();
    file = opened.product.program;
  });
  afterAll(() => opened?.close());

  const run = (args: string[], elevated = false) =>
    machine.run({
      runtime: 'node20',
      file,
      args,
      elevated,
      env: {
        PORT_RESERVATION_HOME: windowsPath(join(machine.folder, 'home')),
        PATH: `${windowsPath(machine.folder)};${windowsPath(dirname(opened.lab.paths.node20))};C:\\windows\\system32`,
      },
    });

  test('reserves for good, lists and removes', async () => {
    expect(
      await run(['new', '--persistent', '--start-port', '21100', '--ports', '3', '--name', 'web'], true),
    ).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\nTcp +21100 +21102 Persistent Kernel +\d+ web\r?\n$/),
    });
    expect(await run(['remove', 'web'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^portreservation: /),
    });
    expect(await run(['remove', 'web'], true)).toMatchObject({ code: 0, stdout: 'Removed tcp 21100-21102 "web".\n' });
  });

  /** What is said of ports that Windows cannot hold for another program. */
  const unheld = (ports: string) =>
    expect.stringMatching(new RegExp(`^portreservation: tcp ${ports} is free and not held: .+\\n`));

  const server = `
    require('net').createServer().listen(process.env.PORT, function () { console.log('listens', process.env.PORT_RANGE); process.exit(5); });`;

  test('exec lets the command listen, ends with its exit code, and refuses a strict hold', async () => {
    const program = join(machine.folder, 'server.js');
    writeFileSync(program, server);
    const words = ['node', windowsPath(program)];
    const ran = await run(['exec', '--ports', '2', '--start-port', '21200', '--', ...words]);
    expect(ran).toMatchObject({ code: 5, stdout: 'listens 21200-21201\n' });
    expect(ran.stderr).toEqual(unheld('21200-21201'));
    const strict = await run(['exec', '--hold', 'strict', '--', ...words]);
    expect(strict).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^portreservation: A strict hold would keep /),
    });
    expect(await run(['exec', '--', 'no-such-command'])).toMatchObject({ code: 127 });
  });

  test('new --pid holds a port until that process has ended', async () => {
    const other = await machine.start({ runtime: 'node20', code: 'setInterval(() => {}, 1e6);' });
    const words = ['new', '--pid', `${other.pid}`, '--start-port', '21300', '--plain'];
    expect(await run([...words, '--hold', 'strict'])).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^portreservation: A strict hold would keep /),
    });
    expect(await run(words)).toMatchObject({ code: 0, stdout: '21300\n', stderr: unheld('21300') });
    expect(await run(['wait', '21300', '--free', '--timeout', '0s'])).toMatchObject({ code: 1 });
    await other.kill();
    expect(await run(['wait', '21300', '--free'])).toMatchObject({ code: 0, stdout: 'tcp 21300 is free.\n' });
  });

  test('exec runs batch files, with their arguments as they were', async () => {
    const program = join(machine.folder, 'words.js');
    writeFileSync(program, 'console.log(JSON.stringify(process.argv.slice(2)))');
    writeFileSync(join(machine.folder, 'words.cmd'), `@node "${windowsPath(program)}" %*\r\n@exit /b 7\r\n`);
    const words = ['plain', 'two words', 'c&d|e>f', '^!', 'ends\\', '(x)', '{PORT}'];
    const { code, stdout, stderr } = await run(['exec', '--start-port', '21300', '--', 'words', ...words]);
    expect(code).toBe(7);
    expect(stderr).toEqual(unheld('21300'));
    expect(JSON.parse(stdout)).toEqual([...words.slice(0, -1), '21300']);
    for (const word of ['%PATH%', 'a"b', 'a\nb']) {
      const refused = await run(['exec', '--', 'words', word]);
      expect(refused).toMatchObject({
        code: 126,
        stderr: expect.stringMatching(/^portreservation: "words" cannot be run: it is a batch/m),
      });
    }
  });
});
