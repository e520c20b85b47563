import { packageFile } from '../package-files.ts';
import { koffiFrom } from './koffi-file.ts';

let loaded: object | undefined;

/**
 * What the library gets instead of the koffi package: its native file from the package's folder, also where the library was
 * bundled into a program. Loaded when it is first used: a bundle runs what was a part of its own at once.
 */
export default new Proxy(
  {},
  {
    get(_, name) {
      loaded ??= koffiFrom(packageFile('dist/PortReservation/worker/koffi'));
      return Reflect.get(loaded, name);
    },
  },
);
