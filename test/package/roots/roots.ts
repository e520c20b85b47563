import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '../../../build/roots');

/** What is there beside the least: what shows the manual, completes words, and boots. */
const packages = ['bash-completion', 'libstdc++6', 'man-db', 'systemd', 'systemd-sysv'];

/** Why there can be no roots here; undefined where there can. */
export const noRoots: string | undefined = (() => {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return 'needs root on Linux';
  if (spawnSync('debootstrap', ['--version']).status !== 0) return 'needs debootstrap';
  return existsSync('/usr/share/keyrings/debian-archive-keyring.gpg') ? undefined : 'needs the keys of Debian';
})();

/** Where this machine has Debian's packages from; else debootstrap's own choice. */
export function mirror(): string[] {
  if (!/^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'))) return [];
  const format = ['indextargets', '--format', '$(SITE)', 'Created-By: Packages', 'Origin: Debian'];
  const [site = ''] = execFileSync('apt-get', format, { encoding: 'utf8' }).split('\n');
  return site ? [site] : [];
}

/** A minimal root of that release of Debian: made when it is not there, whole or not at all. */
export function debianRoot(release: string): string {
  const root = join(folder, release);
  if (existsSync(root)) return root;
  mkdirSync(folder, { recursive: true });
  const fresh = join(folder, `new-${release}-${process.pid}`);
  const options = ['--variant=minbase', `--include=${packages.join(',')}`];
  const made = spawnSync('debootstrap', [...options, release, fresh, ...mirror()], { encoding: 'utf8' });
  if (made.status !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new Error(`debootstrap ${release} failed:\n${made.stdout.slice(-2000)}${made.stderr}`);
  }
  rmSync(join(fresh, 'var/cache/apt/archives'), { recursive: true });
  mkdirSync(join(fresh, 'var/cache/apt/archives/partial'), { recursive: true });
  renameSync(fresh, root);
  return root;
}

/**
 * Runs the script as root in a copy-on-write view of the Debian root, without network, with folders of the machine to read.
 * @returns what it said, each line as `what: result`
 */
export function inRoot(root: string, script: string, folders: Record<string, string>): Record<string, string> {
  const mounts = Object.entries(folders).flat();
  const words = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--uts', '--ipc', '--propagation', 'private'];
  const program = ['bash', join(import.meta.dirname, 'enter.sh'), root, script, ...mounts];
  const text = execFileSync('unshare', [...words, ...program], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return Object.fromEntries(
    text
      .split('\n')
      .filter(Boolean)
      .map((line) => line.split(/: (.*)/s, 2)),
  );
}
