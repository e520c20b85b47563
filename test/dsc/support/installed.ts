import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from './engine.ts';
import { discoverIn, discoverInModules, type FoundResource, type Manifest, type Release } from './manifest.ts';
import type { Surroundings } from './run-command.ts';

type AtEnd = (work: () => void) => void;

const dist = join(import.meta.dirname, '../../../dist');

const emptyFolder = (atEnd: AtEnd): string => {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-dsc-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A folder of PSModulePath with the built module in it, as Install-PSResource lays it out. */
export function installModule(atEnd: AtEnd): { modules: string; module: string } {
  const modules = emptyFolder(atEnd);
  const module = join(modules, 'PortReservation', '0.1.0');
  cpSync(join(dist, 'PortReservation'), module, { recursive: true });
  return { modules, module };
}

/** The folder of the npm package for the engines before 3.2, with the module's beside it. */
export function installForOlder(atEnd: AtEnd): string {
  const folder = emptyFolder(atEnd);
  cpSync(dist, folder, { recursive: true });
  return join(folder, 'dsc-3.1');
}

/** An engine of each release for the type, as far as it finds it in what is installed for it. */
export function engineOf(
  release: Release,
  atEnd: AtEnd,
): (type: string, env: Omit<Surroundings, 'directory'>) => Engine {
  const found =
    release === '3.1'
      ? discoverIn([installForOlder(atEnd)], release)
      : discoverInModules([installModule(atEnd).modules]);
  return (type, surroundings) => new Engine(found.get(type) as FoundResource, surroundings, release);
}

/** Why nothing can be reserved under the ledger provider here; undefined where it can. */
export const noReservations =
  process.platform === 'win32' ? 'the ledger provider holds no ports on Windows, where test/windows has it' : undefined;

/** For a title: says why the tests under it are skipped. */
export const reservationsTitle = (title: string): string =>
  noReservations ? `${title} (skipped: ${noReservations})` : title;

/** The environment of a machine of its own: an empty ledger, and the provider that needs no rights. */
export const ownMachine = (atEnd: AtEnd, provider = 'ledger'): NodeJS.ProcessEnv => ({
  ...process.env,
  PORT_RESERVATION_HOME: join(emptyFolder(atEnd), 'home'),
  PORT_RESERVATION_PROVIDER: provider,
  DSC_TRACE_LEVEL: 'warn',
});

/** An engine for the installed resource; `change` makes another manifest of it, to see the engine's other ways. */
export function engineFor(
  modules: string,
  type: string,
  surroundings: Omit<Surroundings, 'directory'>,
  change: (manifest: Manifest) => void = () => {},
): Engine {
  const { manifest, directory } = discoverInModules([modules]).get(type) as FoundResource;
  const changed = structuredClone(manifest);
  change(changed);
  return new Engine({ manifest: changed, directory }, surroundings);
}
