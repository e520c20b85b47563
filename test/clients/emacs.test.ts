import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { examples, missing, project, runForJson } from './support.ts';

const reason = missing('emacs');

test.skipIf(reason)(`examples/emacs finds the dev server's port, in Emacs${reason}`, async () => {
  const surroundings = await project(onTestFinished, 'grüße 🚢');
  const useScript = ['-L', join(examples, 'emacs'), '-l', join(import.meta.dirname, 'emacs.el')];
  const seen = await runForJson('emacs', ['-Q', '--batch', ...useScript], surroundings);
  const { port } = seen;

  const said = `The dev server of grüße 🚢 can have port ${port}, now $PORT.`;
  expect(seen).toMatchObject({
    first: { said },
    again: { said: `The dev server has port ${port}.` },
    others: 'RangeReserved',
    listed: [{ name: 'grüße 🚢', lifetime: 'runtime', range: { startPort: port, numberOfPorts: 1 } }],
    taken: {
      refused: expect.stringMatching(
        new RegExp(`^Port ${surroundings.taken} cannot be had\\. .*listens on.* Remedy: .*kill`),
      ),
    },
    wrong: { refused: expect.stringMatching(/must be 1 to 65535/) },
    server: `listening on ${port}`,
    othersAfter: 'RangeReserved',
    revived: { said },
  });
  await surroundings.nothingReserved();
});
