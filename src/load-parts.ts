import { koffi } from './native/koffi.ts';
import { loadHandled } from './rpc/server/handlers.ts';
import { loadRendering } from './service/ports/map.ts';

/**
 * Loads what is else loaded at its first use: an upgrade of the package removes the files that a running program was started
 * from. It is loaded from where it is used, since Node looks for the file once for each place. What cannot be loaded is told
 * by what needs it.
 */
export async function loadParts(): Promise<void> {
  const loadYaml = async () => (await import('./desired-state/parse-yaml.ts')).loadYaml();
  await Promise.allSettled([koffi(), loadHandled(), loadRendering(), loadYaml()]);
}
