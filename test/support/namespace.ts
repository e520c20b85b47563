import { execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';
import { type ProcessOptions, type ProviderProcess, startProvider } from './provider-process.ts';

const execute = promisify(execFile);

/** Why there can be no namespaces here; undefined where there can. */
export const noNamespaces: string | undefined = (() => {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.geteuid?.() !== 0) return 'needs root';
  return spawnSync('unshare', ['-nm', 'true']).status === 0 ? undefined : 'needs unshare -nm';
})();

/** For a title: says why the tests under it are skipped. */
export const namespaceTitle = (title: string): string => (noNamespaces ? `${title} (skipped: ${noNamespaces})` : title);

/** A network and mount namespace of its own, with loopback up and an empty /etc/sysctl.d. Gone when the test is. */
export interface Namespace {
  /** What to put before a command line to run it in there, in the folder it is started from. */
  prefix: string[];
  /** Runs a shell command in it and gives its output. */
  sh(command: string): string;
  /** The same, while the test goes on. */
  run(command: string): Promise<string>;
  /** Starts a provider in it. */
  start(options?: ProcessOptions): Promise<ProviderProcess>;
}

const setUp =
  'ip link set lo up && mount -t tmpfs tmpfs /etc/sysctl.d && mount -t tmpfs tmpfs /run && echo ready && exec sleep infinity';

export async function openNamespace(): Promise<Namespace> {
  const holder = spawn('unshare', ['-nm', 'sh', '-c', setUp], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void holder.kill());
  const failed = once(holder, 'close').then(() => Promise.reject(new Error('the namespace could not be set up')));
  await Promise.race([once(holder.stdout, 'data'), failed]);
  failed.catch(() => {});
  const enter = ['-t', String(holder.pid), '-n', '-m', '--wd=.', '--'];
  const prefix = ['nsenter', ...enter];
  const shell = (command: string) => [...enter, 'sh', '-ec', command];
  return {
    sh: (command) => execFileSync('nsenter', shell(command), { encoding: 'utf8' }),
    run: async (command) => (await execute('nsenter', shell(command))).stdout,
    prefix,
    start: (options) => startProvider(prefix, options),
  };
}
