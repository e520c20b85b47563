import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Engine } from './engine.ts';
import { discoverInModules, type FoundResource, type Manifest } from './manifest.ts';
import type { Surroundings } from './run-command.ts';

type AtEnd = (work: () => void) => void;

const built = join(import.meta.dirname, '../../../dist/PortReservation');

const emptyFolder = (atEnd: AtEnd): string => {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-dsc-'));
  atEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** A folder of PSModulePath with the built module in it, as Install-PSResource lays it out. */
export function installModule(atEnd: AtEnd): { modules: string; module: string } {
  const modules = emptyFolder(atEnd);
  const module = join(modules, 'PortReservation', '0.1.0');
  cpSync(built, module, { recursive: true });
  return { modules, module };
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
