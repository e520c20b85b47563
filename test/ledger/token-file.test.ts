import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { TokenFile, type TokenRecord } from '../../src/ledger/token-file.ts';
import { refusal } from '../support/machine.ts';

const root = process.platform === 'linux' && process.geteuid?.() === 0;
const needsRoot = root ? '' : ' (skipped: needs root on Linux)';
const nobody = 65_534;

const web: TokenRecord = {
  protocol: 'tcp',
  range: { startPort: 5000, numberOfPorts: 10 },
  token: '18446744073709551615',
};
const mine: TokenRecord = {
  protocol: 'udp',
  range: { startPort: 5000, numberOfPorts: 10 },
  token: '7',
  allow: { userId: nobody },
};
const dns: TokenRecord = {
  protocol: 'udp',
  range: { startPort: 53, numberOfPorts: 1 },
  token: '8',
};

/** A ledger's folder, as the system's: others may look into it. */
function open() {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  chmodSync(folder, 0o755);
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, file: join(folder, 'tokens.json'), tokens: new TokenFile(folder) };
}

const modeOf = (path: string) => statSync(path).mode & 0o777;
const asUser = (id: number, path: string): string => {
  try {
    return execFileSync('setpriv', [`--reuid=${id}`, `--regid=${id}`, '--clear-groups', 'cat', path], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
};

describe.skipIf(!root)(`the file of secret tokens${needsRoot}`, () => {
  test('gives back what was written, and is its owner’s alone', async () => {
    const { tokens, file } = open();
    const umask = process.umask(0);
    onTestFinished(() => void process.umask(umask));
    expect(tokens.read()).toEqual([]);
    await tokens.write([web, dns]);
    expect([tokens.read(), modeOf(file)]).toEqual([[web, dns], 0o600]);
    expect(asUser(nobody, file)).toContain('Permission denied');
  });

  test('shows each user what is for that user, and nothing else', async () => {
    const { tokens, folder } = open();
    const other = { ...web, allow: { userId: 1000 } };
    await tokens.write([mine, other, dns]);
    expect(readdirSync(folder).sort()).toEqual(['tokens-1000.json', `tokens-${nobody}.json`, 'tokens.json']);
    const copy = join(folder, `tokens-${nobody}.json`);
    expect(JSON.parse(asUser(nobody, copy))).toEqual({ version: 1, reservations: [mine] });
    expect(asUser(1000, copy)).toContain('Permission denied');
    expect([tokens.readAs(nobody), tokens.readAs(1000), tokens.readAs(1), tokens.readAs(0)]).toEqual([
      [mine],
      [other],
      [],
      [mine, other, dns],
    ]);
    await tokens.keep(({ allow }) => allow?.userId !== nobody);
    expect(readdirSync(folder).sort()).toEqual(['tokens-1000.json', 'tokens.json']);
  });

  test('is closed again where it was open to others', async () => {
    const { tokens, file } = open();
    await tokens.write([web]);
    chmodSync(file, 0o644);
    await tokens.keep(() => true);
    expect([modeOf(file), tokens.read()]).toEqual([0o600, [web]]);
  });

  test('is not written where all is kept', async () => {
    const { tokens, file } = open();
    await tokens.write([web]);
    const before = statSync(file).ino;
    await tokens.keep(() => true);
    expect(statSync(file).ino).toBe(before);
  });

  test.each([
    ['empty', ''],
    ['cut off', '{"version":1,"reservations":['],
    ['of a later version', '{"version":2,"reservations":[]}'],
    ['with a token of 0', JSON.stringify({ version: 1, reservations: [{ ...web, token: '0' }] })],
    [
      'with a token of 65 bits',
      JSON.stringify({ version: 1, reservations: [{ ...web, token: '18446744073709551616' }] }),
    ],
    ['with a token that is a number', JSON.stringify({ version: 1, reservations: [{ ...web, token: 7 }] })],
    [
      'with a range past the last port',
      JSON.stringify({ version: 1, reservations: [{ ...web, range: { startPort: 65_535, numberOfPorts: 2 } }] }),
    ],
    [
      'with a user that is a name',
      JSON.stringify({ version: 1, reservations: [{ ...mine, allow: { userId: 'root' } }] }),
    ],
    ['with nothing for a record', '{"version":1,"reservations":[null]}'],
  ])('that is %s is an error that names it, and stays', async (_what, text) => {
    const { tokens, file } = open();
    writeFileSync(file, text);
    const { errorName, message } = await refusal(Promise.resolve().then(() => tokens.read()));
    expect([errorName, message.includes(file)]).toEqual(['LedgerCorrupt', true]);
    expect((await refusal(Promise.resolve().then(() => tokens.keep(() => false)))).errorName).toBe('LedgerCorrupt');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  test('that cannot be written keeps the old one', async () => {
    const { tokens, file } = open();
    await tokens.write([web]);
    mkdirSync(`${file}.new`);
    expect((await refusal(tokens.write([...tokens.read(), mine]))).message).toContain(file);
    expect(tokens.read()).toEqual([web]);
  });

  test('is no symbolic link', async () => {
    const { tokens, file, folder } = open();
    writeFileSync(join(folder, 'elsewhere'), '{"version":1,"reservations":[]}');
    symlinkSync('elsewhere', file);
    expect((await refusal(Promise.resolve().then(() => tokens.read()))).facts.osCode).toBe('ELOOP');
  });
});
