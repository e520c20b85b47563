import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { held } from '../support/held.ts';
import { ledgerIn, temporaryFolder } from './support/homes.ts';
import { mountsMissing, withMount } from './support/mounts.ts';
import { record, startPorts } from './support/records.ts';
import { runChild, startChild } from './support/run-child.ts';
import { strace, straceMissing } from './support/strace.ts';

async function homeWithOneRecord() {
  const home = join(temporaryFolder(), 'home');
  const ledger = await ledgerIn(home);
  await ledger.change(({ write }) => write([record(4000, ledger.owner('persistent'))]));
  return { home, ledger, text: readFileSync(ledger.file) };
}

describe.runIf(!mountsMissing)(`real file systems${mountsMissing ? ` (skipped: ${mountsMissing})` : ''}`, () => {
  test('a full disk: OsError ENOSPC, and every change before it stands', async () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    chmodSync(home, 0o700);
    const under = withMount(`mount -t tmpfs -o size=32k,mode=700 none '${home}'`);
    const child = await startChild({ home, under }, 'add', 'persistent', '5000', '500');
    expect(await child.next()).toMatchObject({
      errorName: 'OsError',
      message: `Cannot write ${join(home, 'ledger.json')}: ENOSPC.`,
      facts: { osCode: 'ENOSPC', osFunction: 'write', hint: expect.stringContaining('free some space') },
    });
    const seenByChild = join(`/proc/${child.process.pid}/root`, home);
    const ports = startPorts(await (await ledgerIn(seenByChild)).read());
    expect(ports.length).toBeGreaterThan(10);
    expect(ports).toEqual(ports.map((_, index) => 5000 + index));
    expect(readdirSync(seenByChild).sort()).toEqual(['ledger.json', 'ledger.lock']);
    await child.end();
  });

  test('a full disk without room for one more file: who has to wait waits all the same', async () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    const under = withMount(`mount -t tmpfs -o nr_inodes=20,mode=700 none '${home}'`);
    const child = await startChild({ home, under }, 'service');
    expect(await child.next()).toBe('ready');
    const seenByChild = join(`/proc/${child.process.pid}/root`, home);
    const end = await held(async (work) => (await ledgerIn(seenByChild)).change(work));
    expect(() => {
      for (let file = 0; ; file++) writeFileSync(join(seenByChild, `${file}`), '');
    }).toThrow('ENOSPC');
    const late = await ledgerIn(seenByChild, { patience: 100 });
    await expect(late.change(async () => 'in')).rejects.toMatchObject({ errorName: 'LedgerBusy' });
    await end();
    expect(await late.change(async () => 'in')).toBe('in');
    await child.end();
  });

  test('a full disk: what is freed there goes from the file when there is room again', async () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    const under = withMount(`mount -t tmpfs -o size=32k,mode=700 none '${home}'`);
    const child = await startChild({ home, under }, 'service');
    expect(await child.next()).toBe('ready');
    const seenByChild = join(`/proc/${child.process.pid}/root`, home);
    const [ledger, reader] = [await ledgerIn(seenByChild), await ledgerIn(seenByChild)];
    const room = 4096 - 10; // a page, but for less than a line
    const ports = [5000, 5001, 5002, 5003, 5004, 5005, 5006, 5007];
    const write = async (reason: string) => {
      const records = ports.map((port) => record(port, ledger.owner('runtime'), { reason }));
      await ledger.change((change) => change.write(records));
      const [file] = readdirSync(join(seenByChild, 'runtime')).filter((name) => name.endsWith('.json'));
      return { records, size: statSync(join(seenByChild, 'runtime', file!)).size };
    };
    const { size } = await write('x');
    await ledger.change((change) => change.write([]));
    const { records, size: full } = await write('x'.repeat(1 + Math.floor((room - size) / ports.length)));
    expect(room - full).toBeLessThan(ports.length);
    expect(() => writeFileSync(join(seenByChild, 'filling'), Buffer.alloc(64 * 1024))).toThrow('ENOSPC');
    await ledger.change((change) => change.write(records.slice(1)));
    expect(startPorts(await ledger.read())).toEqual(ports.slice(1));
    expect(startPorts(await reader.read())).toEqual(ports);
    rmSync(join(seenByChild, 'filling'));
    await vi.waitUntil(async () => (await reader.read()).length === ports.length - 1, { timeout: 30_000, interval: 5 });
    ledger.close();
    await child.end();
  });

  test('a read-only file system: reading works, a change is AccessDenied with a hint', async () => {
    const { home, text, ledger } = await homeWithOneRecord();
    const under = withMount(`mount --bind '${home}' '${home}' && mount -o remount,bind,ro '${home}'`);
    expect(await runChild({ home, under }, 'read')).toMatchObject([{ token: '4000' }]);
    expect(await runChild({ home, under }, 'add', 'persistent', '5000', '1')).toMatchObject({
      errorName: 'AccessDenied',
      facts: { osCode: 'EROFS', hint: expect.stringContaining('read-only') },
    });
    expect(readFileSync(ledger.file)).toEqual(text);
  });

  test('a read-only file system without the folder: AccessDenied names the folder', async () => {
    const folder = temporaryFolder();
    const home = join(folder, 'home');
    const under = withMount(`mount --bind '${folder}' '${folder}' && mount -o remount,bind,ro '${folder}'`);
    expect(await runChild({ home, under }, 'add', 'persistent', '5000', '1')).toMatchObject({
      errorName: 'AccessDenied',
      facts: { osCode: 'EROFS', osFunction: 'mkdir', target: home },
    });
  });
});

describe.runIf(!straceMissing)(`calls that fail${straceMissing ? ` (skipped: ${straceMissing})` : ''}`, () => {
  test.each([
    ['write', 'EDQUOT', 'OsError'],
    ['write', 'EIO', 'OsError'],
    ['fsync', 'EIO', 'OsError'],
    ['fsync', 'ENOSPC', 'OsError'],
    ['fchmod', 'EPERM', 'AccessDenied'],
    ['rename', 'EACCES', 'AccessDenied'],
    ['rename', 'EROFS', 'AccessDenied'],
  ])('%s fails with %s: %s, the ledger is as before and nothing is left', async (osFunction, osCode, errorName) => {
    const { home, text, ledger } = await homeWithOneRecord();
    const inject = `${osFunction}:error=${osCode}:when=1`;
    const under = strace(home, '/dev/null', inject);
    const said = await runChild({ home, under }, 'add', 'persistent', '5000', '1');
    expect(said).toMatchObject({ errorName, facts: { osCode, osFunction, target: ledger.file } });
    expect(readFileSync(ledger.file)).toEqual(text);
    expect(readdirSync(home).sort()).toEqual(['ledger.json', 'ledger.lock']);
  });

  test.each([
    [
      'a folder that cannot be flushed for a disk error',
      'fsync:error=EIO:when=2',
      { osCode: 'EIO', osFunction: 'fsync' },
    ],
    ['a folder that may not be opened', 'openat:error=EACCES:when=3', { osCode: 'EACCES', osFunction: 'open' }],
    ['too many open files when the folder is opened', 'openat:error=EMFILE:when=3', { osCode: 'EMFILE' }],
  ])('%s: an error with a hint, and the ledger is as before', async (_title, inject, facts) => {
    const { home, text, ledger } = await homeWithOneRecord();
    const log = join(temporaryFolder(), 'log');
    const said = await runChild({ home, under: strace(home, log, inject) }, 'add', 'persistent', '5000', '1');
    expect(readFileSync(log, 'utf8')).toMatch(/INJECTED/);
    expect(said).toMatchObject({ facts: { ...facts, hint: expect.any(String) } });
    expect(readFileSync(ledger.file)).toEqual(text);
    expect(readdirSync(home).sort()).toEqual(['ledger.json', 'ledger.lock']);
  });

  test('a disk that cannot be flushed stops no runtime record, which needs none', async () => {
    const { home, ledger } = await homeWithOneRecord();
    const child = await startChild(
      { home, under: strace(home, '/dev/null', 'fsync:error=EIO') },
      'add',
      'runtime',
      '5000',
      '2',
    );
    expect(await child.next()).toBe('added');
    expect(startPorts(await ledger.read())).toEqual([4000, 5000, 5001]);
    await child.end();
  });

  test('a ledger whose very first record cannot be made to last is none', async () => {
    const home = join(temporaryFolder(), 'home');
    mkdirSync(home);
    const under = strace(home, '/dev/null', 'fsync:error=EIO:when=2');
    expect(await runChild({ home, under }, 'add', 'persistent', '5000', '1')).toMatchObject({ errorName: 'OsError' });
    expect(readdirSync(home)).toEqual(['ledger.lock']);
  });

  test('a file system that flushes no folders is no fault', async () => {
    const { home, ledger } = await homeWithOneRecord();
    const under = strace(home, '/dev/null', 'fsync:error=EINVAL:when=2');
    expect(await runChild({ home, under }, 'add', 'persistent', '5000', '1')).toBe('added');
    expect(startPorts(await ledger.read())).toEqual([4000, 5000]);
  });

  test.each(['flock', 'read', 'fcntl'])('a call that is interrupted is made again: %s', async (osFunction) => {
    const { home } = await homeWithOneRecord();
    const log = join(temporaryFolder(), 'log');
    const under = strace(home, log, `${osFunction}:error=EINTR:when=1`);
    expect(await runChild({ home, under }, 'add', 'runtime', '5000', '2')).toBe('added');
    if (osFunction !== 'fcntl') expect(readFileSync(log, 'utf8')).toMatch(/INJECTED/);
  });

  test.each(['ENOLCK', 'ENOTSUP', 'ENOSYS'])(
    'a file system without locks (%s): OsError names flock',
    async (osCode) => {
      const { home } = await homeWithOneRecord();
      const under = strace(home, '/dev/null', `flock:error=${osCode === 'ENOTSUP' ? 'EOPNOTSUPP' : osCode}`);
      expect(await runChild({ home, under }, 'add', 'persistent', '5000', '1')).toMatchObject({
        errorName: 'OsError',
        facts: {
          osCode,
          osFunction: 'flock',
          target: join(home, 'ledger.lock'),
          hint: expect.stringMatching(/no locks.*PORT_RESERVATION_HOME/),
        },
      });
    },
  );
});
