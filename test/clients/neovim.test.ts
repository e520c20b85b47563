import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examples, missing, project, runForJson } from './support.ts';

const reason = missing('nvim');
// Then vim.lsp.rpc.start takes the program and its arguments as one list; before, they are told to be apart.
const version = reason ? '' : execFileSync('nvim', ['--version'], { encoding: 'utf8' });
const takesList = !/^NVIM v0\.[0-9]\./.test(version);

test.skipIf(reason)(`examples/neovim finds the dev server's port, in Neovim${reason}`, async () => {
  const surroundings = await project(onTestFinished, 'grüße 🚢');
  const plugin = join(examples, 'neovim');
  const script = join(import.meta.dirname, 'neovim.lua');
  const useScript = ['--cmd', `set runtimepath^=${plugin}`, '-c', `luafile ${script}`, '-c', 'qa!'];
  const run = () => runForJson('nvim', ['--headless', '-i', 'NONE', '-u', 'NORC', '-n', ...useScript], surroundings);
  const seen = await run();
  const { port } = seen;

  expect(seen).toMatchObject({
    first: { isProblem: false, text: `The dev server of grüße 🚢 can have port ${port}, now $PORT.` },
    again: { isProblem: false, text: `The dev server has port ${port}.` },
    others: 'RangeReserved',
    listed: [{ name: 'grüße 🚢', lifetime: 'runtime', range: { startPort: Number(port), numberOfPorts: 1 } }],
    taken: {
      isProblem: true,
      text: expect.stringMatching(
        new RegExp(`Port ${surroundings.taken} cannot be had\\. .*listens on.* Remedy: .*kill`),
      ),
    },
    afterTaken: port,
    wrong: { isProblem: true, text: expect.stringMatching(/must be 1 to 65535/) },
    server: `listening on ${port}`,
    othersAfter: 'RangeReserved',
    othersAgain: 'RangeReserved',
  });
  // The end of Neovim frees the port, and the next one gets the same, unless somebody else has it.
  await surroundings.nothingReserved();
  expect(await run()).toMatchObject({ port });
  await surroundings.nothingReserved();
  surroundings.env.NEWER = takesList ? undefined : '1';
  expect(await run()).toMatchObject({ port });
  await surroundings.nothingReserved();
  const listener = createServer().listen(Number(port));
  onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const other = await run();
  expect(other).toMatchObject({ others: 'RangeReserved', server: `listening on ${other.port}` });
  expect(other.port).not.toBe(port);
  await surroundings.nothingReserved();
});
