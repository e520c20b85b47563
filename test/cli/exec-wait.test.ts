import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { ownHome } from '../support/worker.ts';
import { start } from './support.ts';

const sleeper = ['--', 'sh', '-c', 'echo runs; sleep 1000'];
const place = ['--start-port', '21660', '--ports', '2'];

test('waits until a fixed port is given back, and then has it', async () => {
  const env = ownHome(onTestFinished);
  const first = start(['exec', ...place, ...sleeper], { env });
  await first.line(/runs/);
  const second = start(['exec', ...place, '--wait', '60s', ...sleeper], { env });
  await second.line(/overlaps the runtime reservation tcp 21660-21661 .* It is tried again for 60 s\.$/m);
  first.child.kill('SIGTERM');
  await second.line(/runs/);
});

test('waits for a full window, also where it is no reservation that is in the way', async () => {
  const env = ownHome(onTestFinished);
  const server = createServer().listen(21_663);
  const run = start(['exec', '--within', '21663-21663', '--wait', '60s', '--', 'sh', '-c', 'echo runs'], { env });
  await run.line(/No free block of 1 .* It is tried again for 60 s\.$/m);
  server.close();
  expect(await run.ended).toMatchObject({ code: 0, stdout: 'runs\n' });
});

test("says at the end who has the ports, and nothing that is not the caller's to do", async () => {
  const env = ownHome(onTestFinished);
  const first = start(['exec', ...place, '--name', 'web', ...sleeper], { env });
  await first.line(/runs/);
  const server = createServer().listen(21_662);
  onTestFinished(() => void server.close());
  const words = ['exec', '--within', '21660-21662', '--ports', '2', '--wait', '300ms', '--', 'true'];
  const { code, stderr } = await start(words, { env }).ended;
  expect(code).toBe(1);
  const [, last, hint] = stderr.split('\n');
  expect(last).toMatch(
    /^portreservation: No free block of 2 consecutive tcp ports in 21660-21662\..* That was so for 300 ms\.$/,
  );
  expect(hint).toMatch(
    new RegExp(
      `^ {2}There are: tcp 21660-21661 "web" of \\S+ \\(process ${first.child.pid}\\); tcp 21662 of \\S+ \\(process ${process.pid}\\)\\. Wait longer, or choose other ports\\.$`,
    ),
  );
});

test('does not wait for what no time changes', async () => {
  const words = ['exec', '--start-port', '80', '--hold', 'strict', '--wait', '60s', '--ports', '70000', '--', 'true'];
  expect(await start(words).ended).toMatchObject({ code: 64 });
  expect(await start(['exec', '--wait', 'soon', '--', 'true']).ended).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('It must be a time: 30s, 500ms, 2m or 1h.'),
  });
});
