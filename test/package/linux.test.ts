import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { bootUnit } from '../../src/providers/linux/kernel/unit-text.ts';
import { makeLinuxPackage } from '../../tools/packages/linux.mjs';
import { singleProgram } from '../../tools/single-program.mjs';
import { emptyFolder, version } from './installation.ts';

const root = join(import.meta.dirname, '../..');
const packages = join(root, 'build/package');
const file = (name: string) => join(packages, name);
const debs = {
  amd64: file(`portreservation_${version}_amd64.deb`),
  arm64: file(`portreservation_${version}_arm64.deb`),
};
const rpms = {
  x86_64: file(`portreservation-${version}-1.x86_64.rpm`),
  aarch64: file(`portreservation-${version}-1.aarch64.rpm`),
};
const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { encoding: 'utf8', maxBuffer: 2 ** 24, stdio: ['ignore', 'pipe', 'ignore'] });
const lacks = (program: string) => spawnSync(program, ['--version']).error !== undefined;
const title = (text: string, isSkipped: boolean, why: string) => (isSkipped ? `${text} (skipped: ${why})` : text);

const noDeb = !existsSync(debs.amd64);
const noRpm = !existsSync(rpms.x86_64);
const [noLintian, noRpmlint] = [noDeb || lacks('lintian'), noRpm || lacks('rpmlint')];

/** What both have, by paths without the first slash. */
const common = [
  'usr/bin/portreservation',
  'usr/lib/portreservation/portreservation',
  'usr/lib/systemd/system/port-reservation.service',
  'usr/lib/systemd/system/port-reservation@.service',
  'usr/share/bash-completion/completions/portreservation',
  'usr/share/fish/vendor_completions.d/portreservation.fish',
  'usr/share/man/man1/portreservation-exec.1.gz',
  'usr/share/portreservation/dsc/reservation.dsc.resource.json',
  'usr/share/doc/portreservation/changelog.gz',
  'usr/share/doc/portreservation/THIRD-PARTY-NOTICES',
  'usr/share/doc/portreservation/NODE-LICENSE.txt.gz',
  'usr/share/doc/portreservation/sbom.cdx.json',
];

describe.skipIf(noDeb)(title('the deb', noDeb, 'npm run package could not make it here'), () => {
  const unpacked = (deb: string) => {
    const folder = emptyFolder(onTestFinished);
    run('dpkg-deb', '--raw-extract', deb, folder);
    return folder;
  };

  test.each(Object.entries(debs))(
    'for %s has all of it, the program for that machine, and no conffiles',
    (machine, deb) => {
      const folder = unpacked(deb);
      const more = ['usr/share/zsh/vendor-completions/_portreservation', 'usr/share/doc/portreservation/copyright'];
      for (const path of [...common, ...more]) expect([path, existsSync(join(folder, path))]).toEqual([path, true]);
      expect(readdirSync(join(folder, 'DEBIAN')).sort()).toEqual(['control', 'md5sums', 'postinst', 'postrm']);
      expect(run('dpkg-deb', '--field', deb, 'Package', 'Version', 'Architecture')).toContain(
        `Architecture: ${machine}\n`,
      );
      // ELF's number of the machine.
      const program = readFileSync(join(folder, 'usr/lib/portreservation/portreservation'));
      expect(program.readUInt16LE(18)).toBe({ amd64: 62, arm64: 183 }[machine]);
      const koffi = join(folder, 'usr/lib/portreservation/koffi');
      const native = readFileSync(join(koffi, readdirSync(koffi)[0]!, 'koffi.node'));
      expect(native.readUInt16LE(18)).toBe(program.readUInt16LE(18));
      expect(program.includes(native)).toBe(true);
    },
  );

  test('names the program in the manifests of DSC where it is installed', () => {
    const folder = join(unpacked(debs.amd64), 'usr/share/portreservation/dsc');
    for (const name of readdirSync(folder)) {
      const manifest = JSON.parse(readFileSync(join(folder, name), 'utf8'));
      const type = manifest.type.split('/')[1];
      expect([manifest.get.executable, manifest.get.args]).toEqual(['/usr/bin/portreservation', ['dsc', 'get', type]]);
      expect(JSON.stringify(manifest)).not.toMatch(/dsc\.cjs|"node"/);
    }
  });

  test.skipIf(noLintian)(
    title('lintian finds nothing but what is stated', noLintian, 'needs lintian'),
    () => {
      const { status, stdout } = spawnSync('lintian', ['--no-cfg', debs.amd64], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([0, '']);
    },
    180_000,
  );

  test('is the same bytes when it is made again under umask 077', async () => {
    const before = process.umask(0o077);
    onTestFinished(() => void process.umask(before));
    const folder = emptyFolder(onTestFinished);
    mkdirSync(folder, { recursive: true });
    const program = await singleProgram('linux-x64');
    await makeLinuxPackage({ kind: 'deb', program, platform: 'linux-x64', folder, isQuick: true });
    const [made] = readdirSync(folder);
    expect(readFileSync(join(folder, made!)).equals(readFileSync(debs.amd64))).toBe(true);
  });
});

describe.skipIf(noRpm)(title('the rpm', noRpm, 'npm run package could not make it here'), () => {
  test.each(Object.entries(rpms))('for %s has all of it', (machine, rpm) => {
    expect(run('rpm', '--query', '--package', '--queryformat', '%{ARCH} %{VERSION}', rpm)).toBe(
      `${machine} ${version}`,
    );
    const files = run('rpm', '--query', '--package', '--list', rpm).split('\n');
    const more = ['usr/share/zsh/site-functions/_portreservation', 'usr/share/licenses/portreservation/LICENSE'];
    for (const path of [...common, ...more]) expect(files).toContain(`/${path}`);
  });

  test.skipIf(noRpmlint)(title('rpmlint finds nothing but what is stated', noRpmlint, 'needs rpmlint'), () => {
    const told = join(root, 'packaging/rpm/rpmlintrc');
    const { stdout } = spawnSync('rpmlint', ['--rpmlintrc', told, rpms.x86_64], { encoding: 'utf8' });
    expect(stdout).toMatch(/ 0 errors, 0 warnings/);
  });
});

test('the boot unit of the packages is the one that the program writes', () => {
  const unit = bootUnit({ command: ['/usr/bin/portreservation'], home: '/var/lib/port-reservation' });
  const withoutHead = (text: string) => text.slice(text.indexOf('\n[Unit]'));
  const packed = readFileSync(join(root, 'packaging/port-reservation.service'), 'utf8');
  expect(withoutHead(packed)).toBe(withoutHead(unit));
});

test('checksums of all that was made stand beside it', () => {
  const sums = join(packages, 'SHA256SUMS');
  if (!existsSync(sums)) return;
  const names = readFileSync(sums, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => line.split('  ')[1]);
  const files = readdirSync(packages).filter(
    (name) => statSync(join(packages, name)).isFile() && name !== 'SHA256SUMS',
  );
  expect(names).toEqual(files.sort());
});
