// The deb, by dpkg-deb, which is on every Debian and in no network.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { NotPossible } from '../not-possible.mjs';
import { onPath } from '../on-path.mjs';
import { sourceDate } from '../source-date.mjs';
import { settleModes } from './stage.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const packaging = join(root, 'packaging', 'deb');
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const maintainer = 'The maintainers of PortReservation <maintainers@portreservation.example>';
const architectures = { 'linux-x64': 'amd64', 'linux-arm64': 'arm64' };
const doc = 'usr/share/doc/portreservation';

const control = (architecture, size) => `Package: portreservation
Version: ${version}-1
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${size}
Depends: libc6 (>= 2.28), libgcc-s1 (>= 3.4) | libgcc1, libstdc++6 (>= 6)
Suggests: systemd
Section: net
Priority: optional
Description: reserve TCP and UDP ports so that nobody else takes them
 The program portreservation reserves ports for as long as a command runs or
 for good, keeps ports out of automatic choice, and says why a port cannot be
 bound and who has it. It also serves JSON-RPC on standard streams.
`;

/** Makes portreservation_VERSION_ARCHITECTURE.deb. */
export function makeDeb({ stage, platform, folder, isQuick }) {
  if (!onPath('dpkg-deb')) throw new NotPossible('there is no dpkg-deb on PATH (the Debian package dpkg).');
  const date = sourceDate();
  addDebianFiles(stage, date);
  const debian = join(stage, 'DEBIAN');
  mkdirSync(debian);
  const files = filesIn(stage);
  const size = Math.ceil(files.reduce((sum, file) => sum + lstatSync(join(stage, file)).size, 0) / 1024);
  writeFileSync(join(debian, 'control'), control(architectures[platform], size));
  writeFileSync(join(debian, 'md5sums'), files.map((file) => `${md5(join(stage, file))}  ${file}\n`).join(''));
  for (const script of ['postinst', 'postrm']) cpSync(join(packaging, script), join(debian, script));
  settleModes(stage);
  const pack = isQuick ? ['-Zgzip', '-z1'] : ['-Zxz', '-z6'];
  const target = join(folder, `portreservation_${version}_${architectures[platform]}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', ...pack, '--build', stage, target], {
    env: { ...process.env, SOURCE_DATE_EPOCH: `${date.getTime() / 1000}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** What Debian alone wants. */
function addDebianFiles(stage, date) {
  const put = (path, content) => {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    writeFileSync(join(stage, path), content);
  };
  const changes = `portreservation (${version}-1) unstable; urgency=medium

  * See changelog.gz.

 -- ${maintainer}  ${date.toUTCString().replace('GMT', '+0000')}
`;
  put(`${doc}/changelog.Debian.gz`, gzipSync(changes, { level: 9 }));
  put(`${doc}/copyright`, copyright());
  put('usr/share/lintian/overrides/portreservation', readFileSync(join(packaging, 'lintian-overrides')));
}

/** In Debian's machine-readable form. */
function copyright() {
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8');
  const [, holder] = /^Copyright \(c\) (.*)$/m.exec(licence);
  const terms = licence.slice(licence.indexOf('Permission')).trim();
  return `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: PortReservation
Comment: ${description}. The licences of what is bundled into
 the program are in THIRD-PARTY-NOTICES, those of Node in NODE-LICENSE.txt.gz.

Files: *
Copyright: ${holder}
License: Expat
${terms
  .split('\n')
  .map((line) => ` ${line || '.'}`)
  .join('\n')}
`;
}

const md5 = (file) => createHash('md5').update(readFileSync(file)).digest('hex');

/** Regular files but dpkg's own, by their paths in the package. */
const filesIn = (stage) =>
  readdirSync(stage, { recursive: true })
    .filter((path) => !path.startsWith('DEBIAN') && lstatSync(join(stage, path)).isFile())
    .sort();
