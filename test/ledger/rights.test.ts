import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { hostWith, ledgerIn, temporaryFolder } from './support/homes.ts';
import { record, startPorts } from './support/records.ts';
import { runChild } from './support/run-child.ts';

const posix = process.platform !== 'win32';
const root = process.geteuid?.() === 0;
const nobody = 65534;

function makeFolder(path: string, userId: number, mode: number): void {
  mkdirSync(path);
  chownSync(path, userId, 0);
  chmodSync(path, mode);
}

const modeOf = (...path: string[]) => (lstatSync(join(...path)).mode & 0o7777).toString(8);

describe.runIf(posix)(`modes${posix ? '' : ' (skipped: Windows has none)'}`, () => {
  test.each(['000', '022', '077', '377'])('a private ledger is 700 and 600 with umask %s', async (umask) => {
    const home = join(temporaryFolder(), 'state', 'home');
    expect(await runChild({ home, umask }, 'add', 'persistent', '5000', '2')).toBe('added');
    const modes = [modeOf(home, '..'), modeOf(home), modeOf(home, 'ledger.json'), modeOf(home, 'ledger.lock')];
    expect(modes).toEqual(['700', '700', '600', '600']);
  });

  test.each([0o000, 0o077])("the system's ledger is 755 and 644, its lock 600, with umask %o", async (umask) => {
    const before = process.umask(umask);
    onTestFinished(() => void process.umask(before));
    const path = join(temporaryFolder(), 'system');
    const folders = { own: { path, shared: true } };
    const ledger = await openLedger(hostWith({}), { folders });
    await ledger.change(({ write }) => write([record(5000, { user: 'x' })]));
    expect([modeOf(path), modeOf(ledger.file), modeOf(path, 'ledger.lock')]).toEqual(['755', '644', '600']);
  });

  test('a folder that is there keeps its mode', async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o750);
    await (await ledgerIn(home)).change(({ write }) => write([]));
    expect(modeOf(home)).toBe('750');
  });
});

describe.runIf(posix)(`links${posix ? '' : ' (skipped: not on Windows)'}`, () => {
  test.each([
    ['ledger.lock', 'OsError'],
    ['ledger.json', 'LedgerCorrupt'],
  ])('%s as a symbolic link is not followed: %s', async (name, errorName) => {
    const folder = temporaryFolder();
    const [home, victim] = [join(folder, 'home'), join(folder, 'victim')];
    mkdirSync(home);
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(home, name));
    const ledger = await ledgerIn(home);
    await expect(ledger.change(({ write }) => write([]))).rejects.toMatchObject({
      errorName,
      facts: { target: join(home, name) },
    });
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('ledger.json.new as a symbolic link is removed, not followed', async () => {
    const folder = temporaryFolder();
    const [home, victim] = [join(folder, 'home'), join(folder, 'victim')];
    mkdirSync(home);
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(home, 'ledger.json.new'));
    const ledger = await ledgerIn(home);
    await ledger.change(({ write }) => write([record(5000, { user: 'x' })]));
    expect(startPorts(await ledger.read())).toEqual([5000]);
    expect(lstatSync(ledger.file).isFile()).toBe(true);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  test('no folder is made through a symbolic link', async () => {
    const folder = temporaryFolder();
    symlinkSync(join(folder, 'elsewhere'), join(folder, 'home'));
    const change = (await ledgerIn(join(folder, 'home'))).change(async () => {});
    await expect(change).rejects.toMatchObject({ facts: { target: expect.stringContaining(join(folder, 'home')) } });
    expect(readdirSync(folder)).toEqual(['home']);
  });
});

describe.runIf(root)(`as root${root ? '' : ' (skipped: not root)'}`, () => {
  const faults: Record<string, [(home: string) => void, RegExp]> = {
    'a symbolic link': [(home) => symlinkSync(temporaryFolder(), home), /symbolic link/],
    "somebody else's": [(home) => makeFolder(home, nobody, 0o700), /belongs to user 65534/],
    'writable by the group': [(home) => makeFolder(home, 0, 0o775), /writable by others/],
    'writable by all': [(home) => makeFolder(home, 0, 0o777), /writable by others/],
  };

  test.each(Object.keys(faults))(
    'a home that is %s is refused, with what to do; nothing is made in it',
    async (kind) => {
      const home = join(temporaryFolder(), 'home');
      const [make, message] = faults[kind]!;
      make(home);
      const ledger = await ledgerIn(home);
      const error = {
        errorName: 'AccessDenied',
        message: expect.stringMatching(message),
        facts: { target: home, hint: expect.stringMatching(/chown|chmod|real folder/) },
      };
      await expect(ledger.change(({ write }) => write([]))).rejects.toMatchObject(error);
      await expect(ledger.read()).rejects.toMatchObject(error);
      expect(readdirSync(home)).toEqual([]);
    },
  );

  const above: Record<string, [(folder: string) => void, RegExp | undefined]> = {
    "somebody else's": [(folder) => makeFolder(folder, nobody, 0o755), /belongs to user 65534/],
    'writable by the group': [(folder) => makeFolder(folder, 0, 0o775), /writable by others/],
    'writable by all, and nobody may rename what is another’s': [(folder) => makeFolder(folder, 0, 0o1777), undefined],
    "somebody else's link": [
      (folder) => {
        mkdirSync(`${folder}.real`);
        symlinkSync(`${folder}.real`, folder);
        lchownSync(folder, nobody, nobody);
      },
      /belongs to user 65534/,
    ],
    "root's link to where somebody else may write": [
      (folder) => {
        makeFolder(`${folder}.real`, 0, 0o777);
        symlinkSync(`${folder}.real`, folder);
      },
      /real is writable by others/,
    ],
    "root's link to a folder of root": [
      (folder) => {
        makeFolder(`${folder}.real`, 0, 0o755);
        symlinkSync(`${folder}.real`, folder);
      },
      undefined,
    ],
  };

  test.each(Object.keys(above))('a home two folders below one that is %s', async (kind) => {
    const folder = join(temporaryFolder(), 'above');
    const [make, message] = above[kind]!;
    make(folder);
    const home = join(folder, 'between', 'home');
    const ledger = await ledgerIn(home);
    const change = ledger.change(({ write }) => write([record(5000, { user: 'x' })]));
    if (!message) return expect(await change).toBeUndefined();
    const error = {
      errorName: 'AccessDenied',
      message: expect.stringMatching(message),
      facts: { target: home, hint: expect.stringContaining('PORT_RESERVATION_HOME') },
    };
    await expect(change).rejects.toMatchObject(error);
    await expect(ledger.read()).rejects.toMatchObject(error);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('another user who may not write the folder gets AccessDenied with a hint', async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o755);
    expect(await runChild({ home, userId: nobody }, 'add', 'persistent', '5000', '1')).toMatchObject({
      errorName: 'AccessDenied',
      facts: { osCode: 'EACCES', hint: expect.stringContaining('PORT_RESERVATION_HOME') },
    });
    expect(readdirSync(home)).toEqual([]);
  });

  test('another user cannot make a folder where it may not write', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const home = join(folder, 'home');
    expect(await runChild({ home, userId: nobody }, 'add', 'persistent', '5000', '1')).toMatchObject({
      errorName: 'AccessDenied',
      facts: { osCode: 'EACCES', osFunction: 'mkdir', target: home },
    });
  });

  test('another user cannot read a private ledger: AccessDenied', async () => {
    const home = temporaryFolder();
    chmodSync(home, 0o755);
    await (await ledgerIn(home)).change(({ write }) => write([record(5000, { user: 'x' })]));
    expect(await runChild({ home, userId: nobody }, 'read')).toMatchObject({
      errorName: 'AccessDenied',
      facts: { osFunction: 'open', target: join(home, 'ledger.json') },
    });
  });

  test("another user's own ledger works, also in a folder that root would refuse", async () => {
    const home = temporaryFolder();
    chownSync(home, nobody, nobody);
    expect(await runChild({ home, userId: nobody }, 'add', 'persistent', '5000', '1')).toBe('added');
    expect(lstatSync(join(home, 'ledger.json')).uid).toBe(nobody);
  });
});
