// Pester, which the tests of the cmdlets are written for.
import { join } from 'node:path';
import { nugetPackage } from './nuget-package.mjs';

/**
 * Its manifest, for Import-Module; fetched where it is not there.
 *
 * @returns {string}
 */
export const pesterManifest = () => join(nugetPackage('Pester'), 'tools', 'Pester.psd1');
