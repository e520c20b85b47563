import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Engine } from '../dsc/support/engine.ts';
import { noReservations, ownMachine, reservationsTitle } from '../dsc/support/installed.ts';
import { discoverIn, discoverInModules, type FoundResource, type Release } from '../dsc/support/manifest.ts';
import { useOwnNetwork } from '../kernel/held/support/own-network.ts';
import { quoted } from '../powershell/module-session.ts';
import { emptyFolder, noPackages, packageFile, packagesTitle, run, runScript, version } from './installation.ts';

const web = { protocol: 'tcp', startPort: 23_000, numberOfPorts: 10, name: 'web' };

useOwnNetwork();

/** As Install-Module lays it out, in a folder of PSModulePath. */
async function fromGallery(): Promise<Map<string, FoundResource>> {
  const cwd = emptyFolder(onTestFinished);
  const module = join(cwd, 'modules', 'PortReservation', version);
  const archive = quoted(packageFile('.nupkg'));
  await runScript(`[System.IO.Compression.ZipFile]::ExtractToDirectory(${archive}, ${quoted(module)})`, { cwd });
  return discoverInModules([join(cwd, 'modules')]);
}

/** As npm unpacks it, with its folder named by DSC_RESOURCE_PATH. */
async function fromNpm(folder: string, release: Release): Promise<Map<string, FoundResource>> {
  const cwd = emptyFolder(onTestFinished);
  await run('tar', ['-xzf', packageFile('.tgz')], { cwd });
  return discoverIn([join(cwd, 'package', 'dist', folder)], release);
}

describe.skipIf(noPackages || noReservations)(packagesTitle(reservationsTitle('the DSC resources')), () => {
  test.each([
    ['the .nupkg', fromGallery],
    ['the npm package', () => fromNpm('PortReservation', '3.3')],
    ['the npm package for DSC 3.1', () => fromNpm('dsc-3.1', '3.1')],
  ])('of %s are found and do what they are for', async (_package, install) => {
    const resources = await install();
    expect([...resources.keys()].sort()).toEqual(
      ['Exclusion', 'Reservation', 'ReservationList'].map((name) => `PortReservation/${name}`),
    );
    const engine = new Engine(resources.get('PortReservation/Reservation')!, { env: ownMachine(onTestFinished) });
    await engine.set(web);
    expect(await engine.get(web)).toMatchObject({ ...web, _exist: true });
    expect(await engine.test(web)).toMatchObject({ inDesiredState: true });
  });
});
