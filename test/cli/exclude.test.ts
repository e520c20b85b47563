import { expect, onTestFinished, test } from 'vitest';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { expectGolden, portreservation } from './support.ts';

/** The command line in a network namespace of its own: its output, and its exit code behind it. */
async function inNamespace(): Promise<(words: string) => Promise<string>> {
  const { run } = await openNamespace();
  const home = ownHome(onTestFinished).PORT_RESERVATION_HOME;
  return (words) =>
    run(`PORT_RESERVATION_HOME=${home} ${process.execPath} ${portreservation} ${words} 2>&1 || echo "[$?]"`);
}

test.skipIf(noNamespaces)(namespaceTitle('excludes ranges, shows them in a table, and gives them back'), async () => {
  const run = await inNamespace();
  expect(await run('exclude add 5173 8000-8010 --protocol tcp,udp --name dev')).toBe(
    'Excluded tcp 5173 "dev".\nExcluded udp 5173 "dev".\nExcluded tcp 8000-8010 "dev".\nExcluded udp 8000-8010 "dev".\n',
  );
  expectGolden('exclude', await run('exclude list'));
  const { exclusions } = JSON.parse(await run('exclude list --json --port 5173 --protocol udp'));
  expect(exclusions).toMatchObject([{ protocol: 'udp', range: { startPort: 5173 }, own: true, store: 'persistent' }]);
  expect(await run('exclude add 5173')).toBe('Excluded tcp 5173 "dev".\n');
  expect(await run('exclude remove 5173 1 8000-8010')).toBe(
    'portreservation: There is no exclusion of tcp 1.\n  The range must be exactly the excluded one. portreservation exclude list lists them.\nRemoved tcp 5173 "dev".\nRemoved tcp 8000-8010 "dev".\n[1]\n',
  );
  expect(JSON.parse(await run('exclude remove 5173 8000-8010 --protocol udp --json')).exclusions).toHaveLength(2);
  expect(await run("exclude list 'd*'")).toBe('');
});

test.skipIf(noNamespaces)(
  namespaceTitle('--what-if says what would be excluded or removed, and does nothing'),
  async () => {
    const run = await inNamespace();
    await run('exclude add 5173 --store active');
    expect(await run('exclude add 5173 5174 --store active --what-if')).toBe(
      'Would exclude tcp 5173.\nWould exclude tcp 5174.\n',
    );
    const range = { startPort: 5173, numberOfPorts: 1 };
    expect(JSON.parse(await run('exclude add 5173 --what-if --json'))).toEqual({
      whatIf: { exclusions: [expect.objectContaining({ protocol: 'tcp', range, store: 'persistent', own: true })] },
    });
    expect(await run('exclude remove 5173 --what-if')).toBe('Would remove tcp 5173.\n');
    expect(await run('exclude remove 5174 --what-if')).toMatch(
      /^portreservation: There is no exclusion of tcp 5174\.\n.*\n\[1\]\n$/,
    );
    expect(JSON.parse(await run('exclude list --json')).exclusions).toMatchObject([{ store: 'active' }]);
  },
);

test.skipIf(noNamespaces)(
  namespaceTitle('the remedy of a port in the dynamic range is a command that works'),
  async () => {
    const run = await inNamespace();
    const remedy = /To change that:\n {2}portreservation (.*)\n/.exec(await run('status 40000'))?.[1];
    expect(remedy).toBe('exclude add 40000');
    expect(await run(remedy!)).toBe('Excluded tcp 40000.\n');
    expect(await run('status 40000 --json')).toContain('"verdict":"excludedByAdministrator"');
  },
);
