// The licences of everything that is not ours and ships, from the packages that the bundles were made of.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** koffi is replaced in the bundles by its native file, which two more packages are compiled into. */
const native = ['koffi', 'koffi/vendor/node-addon-api', 'koffi/vendor/node-api-headers'];

function notice(path) {
  const folder = join(root, 'node_modules', path);
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (!file) throw new Error(`${folder} has no licence file; what is bundled must be licensed.`);
  const manifest = join(folder, 'package.json');
  const { name, version } = existsSync(manifest)
    ? JSON.parse(readFileSync(manifest, 'utf8'))
    : { name: path.split('/').at(-1), version: '' };
  const text = readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim();
  return `${`${name} ${version}`.trim()}\n\n${text}\n`;
}

/** The text of THIRD-PARTY-NOTICES. @param more what is not in the bundles */
export function notices(metafiles, more = native) {
  const inputs = metafiles.flatMap(({ inputs }) => Object.keys(inputs));
  const bundled = inputs.map((input) => input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean);
  const paths = [...new Set([...bundled, ...more])].sort();
  const rule = `\n${'-'.repeat(80)}\n\n`;
  return `PortReservation contains the following software of others.\n${rule}${paths.map(notice).join(rule)}`;
}
