import { describe, expect, onTestFinished, test } from 'vitest';
import type { PortStatus } from '../../src/protocol/generated/contract.ts';
import { ownHome } from '../support/worker.ts';
import { portreservation, start } from './support.ts';

const notLinux = process.platform === 'linux' ? '' : ' (skipped: elsewhere nothing yields)';

const strict = /lets in sockets of its user alone that set SO_REUSEPORT: .* or be started with a hold of yield\.$/;
const yields = /lets a server in that sets SO_REUSEADDR: .* or be started with a hold of none\.$/;

/** What is said of the port to a stranger: to no child of what holds it. */
async function statusOf(port: number, env: NodeJS.ProcessEnv): Promise<{ status: PortStatus; shown: string }> {
  const [json, shown] = await Promise.all([
    start(['status', `${port}`, '--json'], { env }).ended,
    start(['status', `${port}`], { env }).ended,
  ]);
  return { status: JSON.parse(json.stdout).ports[0], shown: shown.stdout };
}

describe.skipIf(notLinux)(`a port that is held for a program that is refused it${notLinux}`, () => {
  test.each([
    ['exec', yields],
    ['exec --hold strict', strict],
    ['take in exec', yields],
    ['take --hold strict in exec', strict],
    ['take --hold strict in exec --hold none', strict],
  ])('%s: how the program gets in is said, and not to end exec', async (what, said) => {
    const env = ownHome(onTestFinished);
    const port = await heldBy(what, env);
    const { status, shown } = await statusOf(port, env);
    expect(status).toMatchObject({ canBind: false, verdict: 'reserved', explanation: expect.stringMatching(said) });
    expect(status).not.toHaveProperty('remedy');
    expect(shown).toMatch(/or be started with --hold (none|yield)\./);
    expect(shown).not.toMatch(/\bkill\b|\bend it\b/);
    // Where the record is another one, it is known by its command line alone.
    const { status: elsewhere } = await statusOf(port, ownHome(onTestFinished));
    expect(elsewhere).toMatchObject({ verdict: 'boundNotListening' });
    expect(elsewhere).not.toHaveProperty('remedy');
  });
});

/** Has it held by these words of the command line, as long as the test goes on. */
async function heldBy(what: string, env: NodeJS.ProcessEnv): Promise<number> {
  const said = (port: string) => `echo "at ${port}."; exec sleep 1000`;
  const [words, tree] = what.split(' in ') as [string, string?];
  const script = words.startsWith('take') ? said(`$("$0" "$1" ${words})`) : said('$PORT');
  const shell = ['/bin/sh', '-c', script, process.execPath, portreservation];
  const run = start([...(tree ?? words).split(' '), '--quiet', '--', ...shell], { env });
  return Number((await run.line(/at (\d+)\./))[1]);
}
