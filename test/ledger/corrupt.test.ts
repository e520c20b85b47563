import { execFileSync } from 'node:child_process';
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { record } from './support/records.ts';

const good = record(5000, { user: 'someone' });
const withRecord = (change: object) => JSON.stringify({ version: 1, reservations: [{ ...good, ...change }] });

test.each<[string, string | Uint8Array, RegExp]>([
  ['empty', '', /empty/],
  ['blanks alone', ' \n', /not JSON/],
  ['cut off', withRecord({}).slice(0, -5), /not JSON/],
  ['no JSON', 'version: 1', /not JSON/],
  ['zero bytes', new Uint8Array(4096), /not JSON/],
  ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), /not JSON/],
  ['deeply nested', '['.repeat(200_000), /not JSON/],
  ['null', 'null', /object/],
  ['an array', '[]', /object/],
  ['no version', '{"reservations": []}', /version/],
  ['version 0', '{"version": 0, "reservations": []}', /version/],
  ['a version that is a string', '{"version": "1", "reservations": []}', /version/],
  ['a newer version', '{"version": 2, "reservations": [], "new": true}', /version 2.*reads version 1/],
  ['no reservations', '{"version": 1}', /reservations/],
  ['an unknown key', '{"version": 1, "reservations": [], "more": 1}', /additional properties/],
  ['a record with an unknown key', withRecord({ more: 1 }), /reservations\/0 .*additional properties/],
  ['a record without an owner', withRecord({ owner: undefined }), /owner/],
  ['a token that is a number', withRecord({ token: 5 }), /token/],
  ['token 0', withRecord({ token: '0' }), /token/],
  ['a token above 64 bits', withRecord({ token: '18446744073709551616' }), /token/],
  ['port 65536', withRecord({ range: { startPort: 65536, numberOfPorts: 1 } }), /startPort/],
  ['an unknown protocol', withRecord({ protocol: 'sctp' }), /protocol/],
  ['process id 0', withRecord({ owner: { user: 'x', processId: 0 } }), /processId/],
])('%s: LedgerCorrupt names the file, which stays as it is', async (_, content, message) => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  writeFileSync(ledger.file, content);
  const error = {
    errorName: 'LedgerCorrupt',
    message: expect.stringMatching(message),
    facts: { target: ledger.file, hint: expect.stringMatching(/Repair|Update/) },
  };
  await expect(ledger.read()).rejects.toMatchObject(error);
  const change = ledger.change(({ write }) => write([good]));
  await expect(change).rejects.toMatchObject(error);
  await expect(ledger.read()).rejects.toThrow(ledger.file);
  expect(readFileSync(ledger.file).equals(Buffer.from(content))).toBe(true);
  expect(readdirSync(home).sort()).toEqual(['ledger.json', 'ledger.lock']);
});

const makers: Record<string, (file: string) => void> = {
  'a folder': (file) => mkdirSync(file),
  'a symbolic link to a good ledger': (file) => {
    writeFileSync(`${file}.elsewhere`, withRecord({}));
    symlinkSync(`${file}.elsewhere`, file);
  },
  'a symbolic link to nothing': (file) => symlinkSync('/nonexistent', file),
  'a named pipe': (file) => execFileSync('mkfifo', [file]),
  'a device': (file) => symlinkSync('/dev/zero', file),
};

test.skipIf(process.platform === 'win32').each(Object.keys(makers))(
  '%s in the place of the ledger: LedgerCorrupt, and it stays',
  async (kind) => {
    const ledger = await ledgerIn(temporaryFolder());
    makers[kind]!(ledger.file);
    const { ino } = lstatSync(ledger.file);
    const error = { errorName: 'LedgerCorrupt', facts: { target: ledger.file } };
    await expect(ledger.read()).rejects.toMatchObject(error);
    await expect(ledger.change(({ write }) => write([good]))).rejects.toMatchObject(error);
    expect(lstatSync(ledger.file).ino).toBe(ino);
  },
);

test('a ledger of gigabytes: LedgerCorrupt, and it is not read', async () => {
  const ledger = await ledgerIn(temporaryFolder());
  writeFileSync(ledger.file, withRecord({}));
  truncateSync(ledger.file, 3 * 2 ** 30); // sparse: it takes no room
  await expect(ledger.read()).rejects.toMatchObject({
    errorName: 'LedgerCorrupt',
    message: expect.stringContaining('larger than 64 MiB'),
    facts: { target: ledger.file },
  });
});

test('a byte order mark, as some editors leave it, is no fault', async () => {
  const home = temporaryFolder();
  writeFileSync(join(home, 'ledger.json'), `\uFEFF${withRecord({})}`);
  expect(await (await ledgerIn(home)).read()).toEqual([good]);
});

test('a folder in the place of the new file: OsError, and the ledger stays', async () => {
  const home = temporaryFolder();
  const ledger = await ledgerIn(home);
  await ledger.change(({ write }) => write([good]));
  mkdirSync(`${ledger.file}.new`);
  const change = ledger.change(({ write }) => write([]));
  await expect(change).rejects.toMatchObject({
    errorName: 'OsError',
    message: `Cannot make way for ${ledger.file}.new: EISDIR.`,
    facts: { osFunction: 'unlink', target: `${ledger.file}.new`, hint: expect.stringContaining('move it away') },
  });
  expect(await ledger.read()).toEqual([good]);
});
