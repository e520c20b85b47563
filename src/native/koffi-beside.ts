import { createRequire } from 'node:module';

declare const KOFFI_FOLDER: string;

/**
 * What the bundles get instead of the koffi package: its native file for this platform, from the folder beside the
 * bundle. The musl build is the second try, as in koffi's own loader.
 */
function load(): unknown {
  const require = createRequire(import.meta.url);
  const folder = `${KOFFI_FOLDER}/${process.platform}-${process.arch}`;
  try {
    return require(`${folder}/koffi.node`);
  } catch (error) {
    if (process.platform !== 'linux') throw error;
    try {
      return require(`${folder}/koffi-musl.node`);
    } catch {
      // On a system with glibc the first failure is the one to tell.
      throw error;
    }
  }
}

export default load();
