import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { boot, noSystemd } from '../support/boot.ts';
import { emptyFolder, version } from './installation.ts';
import { debianRoot, inRoot, noRoots } from './roots/roots.ts';

const here = join(import.meta.dirname, 'roots');
const deb = join(import.meta.dirname, `../../build/package/portreservation_${version}_amd64.deb`);
const lacking = noRoots ?? (existsSync(deb) ? undefined : 'npm run package could not make the deb here');
const title = `the deb in a minimal Debian${lacking ? ` (skipped: ${lacking})` : ''}`;

/** The same package with an older number. */
function older(folder: string): string {
  const unpacked = join(folder, 'unpacked');
  execFileSync('dpkg-deb', ['--raw-extract', deb, unpacked]);
  const control = join(unpacked, 'DEBIAN/control');
  writeFileSync(control, readFileSync(control, 'utf8').replace(/^Version: .*$/m, 'Version: 0.0.9-1'));
  execFileSync('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z1', '--build', unpacked, join(folder, 'older.deb')]);
  return join(folder, 'older.deb');
}

const patience = 15 * 60_000; // a root is made once: for that time the network is waited for

describe.skipIf(lacking)(title, () => {
  let packages: string;
  beforeAll(() => {
    packages = emptyFolder(() => {});
    for (const [kind, file] of Object.entries({ older: older(packages), newer: deb })) {
      mkdirSync(join(packages, kind));
      cpSync(file, join(packages, kind, 'portreservation.deb'));
    }
  });

  test.each(['bullseye', 'trixie'])(
    '%s: is installed, upgraded under a running exec and worker, removed and purged',
    (release) => {
      const said = inRoot(debianRoot(release), join(here, 'life.sh'), { '/packages': packages });
      expect(said).toEqual({
        installed: `ii ${version}`,
        'started at install': '0',
        conffiles: '',
        verified: '',
        manual: ' portreservation - Reserve TCP and UDP ports so that nobody else takes them',
        'manual of a command': '/usr/share/man/man1/portreservation-exclude-add.1.gz',
        'found by apropos': 'portreservation-map (1) - show all ports of a protocol at a glance',
        completed: 'test',
        'kept from automatic choice': '5173,8080,9000-9010,21040-21042',
        upgraded: `ii ${version}-1`,
        'server of exec after it': 'served, taken',
        'worker after it': 'taken, free',
        'what it had not used before': '"processName":"perl"',
        'all see the same': '"name":"job" "name":"web"',
        downgraded: '0.0.9-1',
        'installed again': 'ii ',
        'after all that': '"name":"web" 5173,8080,9000-9010,21040-21042',
        removed: 'rc ',
        'kept when it is removed': '5173,8080,9000-9010,21040-21042 50-others.conf zz-port-reservation.conf',
        'known again': '"name":"web"',
        purged: ' 8080,9000-9010',
        'left by a purge': '0 50-others.conf',
        "others' drop-in": '50-port-reservation.conf',
      });
    },
    patience,
  );

  test.skipIf(noSystemd).each(['bullseye', 'trixie'])(
    '%s: the template unit keeps a document’s ports for the service of its name',
    (release) => {
      const over = emptyFolder(onTestFinished);
      mkdirSync(join(over, 'opt'));
      cpSync(deb, join(over, 'opt/portreservation.deb'));
      const [said] = boot(over, [join(here, 'template.sh')], debianRoot(release));
      expect(said).toEqual({
        'before it is enabled': 'disabled disabled',
        enabled: 'enabled active FRONT_PORT=21040',
        service: 'active 21040',
        reloaded: 'FRONT_PORT=21140 21140',
        'a reload that fails': 'failed FRONT_PORT=21140',
        'failed units': '0',
        purged: '0',
      });
    },
    patience,
  );
});
