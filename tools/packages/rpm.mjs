// The rpm, by rpmbuild, which Debian has, too.
import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NotPossible } from '../not-possible.mjs';
import { onPath } from '../on-path.mjs';
import { sourceDate } from '../source-date.mjs';
import { settleModes } from './stage.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const architectures = { 'linux-x64': 'x86_64', 'linux-arm64': 'aarch64' };

/** Folders that no other package has. */
const ownFolders = /^(?:usr\/(?:lib|share|share\/doc|share\/licenses)|etc)\/port-?reservation(?:$|\/)/;

/** As %files has them. */
function fileList(stage) {
  return readdirSync(stage, { recursive: true })
    .sort()
    .flatMap((path) => {
      if (lstatSync(join(stage, path)).isDirectory()) return ownFolders.test(path) ? [`%dir "/${path}"`] : [];
      if (path.startsWith('usr/share/doc/')) return [`%doc "/${path}"`];
      if (path.startsWith('usr/share/licenses/')) return [`%license "/${path}"`];
      return [`"/${path}"`];
    })
    .join('\n');
}

const changelog = (date) => {
  const day = date.toUTCString().replace(/^(\w+), (\d+) (\w+) (\d+).*/, '$1 $3 $2 $4');
  return `%changelog\n* ${day} The maintainers of PortReservation - ${version}-1\n- See changelog.gz in the documentation.`;
};

/** Makes portreservation-VERSION-1.ARCHITECTURE.rpm. */
export function makeRpm({ stage, work, platform, folder, isQuick }) {
  if (!onPath('rpmbuild')) throw new NotPossible('there is no rpmbuild on PATH (the Debian package rpm).');
  const licences = join(stage, 'usr/share/licenses/portreservation');
  mkdirSync(licences, { recursive: true });
  cpSync(join(root, 'LICENSE'), join(licences, 'LICENSE'));
  settleModes(stage);
  const filled = {
    ...{ VERSION: version, STAGE: stage },
    ...{ FILES: fileList(stage), CHANGELOG: changelog(sourceDate()) },
  };
  const spec = readFileSync(join(root, 'packaging/rpm/portreservation.spec'), 'utf8');
  const file = join(work, 'portreservation.spec');
  writeFileSync(
    file,
    spec.replace(/@([A-Z]+)@/g, (_, name) => filled[name]),
  );
  const defines = {
    ...{ _topdir: join(work, 'rpm'), _rpmdir: folder, _buildhost: 'localhost', _dbpath: join(work, 'db') },
    _rpmfilename: '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm',
    _binary_payload: isQuick ? 'w1.gzdio' : 'w6.xzdio',
    ...{ use_source_date_epoch_as_buildtime: 1, clamp_mtime_to_source_date_epoch: 1 },
  };
  const options = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  try {
    execFileSync('rpmbuild', ['-bb', '--quiet', '--target', `${architectures[platform]}-linux`, ...options, file], {
      cwd: work,
      env: { ...process.env, SOURCE_DATE_EPOCH: `${sourceDate().getTime() / 1000}` },
      stdio: 'pipe',
    });
  } catch (error) {
    throw new Error(`rpmbuild failed:\n${error.stdout}${error.stderr}`, { cause: error });
  }
}
