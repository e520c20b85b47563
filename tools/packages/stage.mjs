// What a package lays on a Linux system.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { nativePackage } from '../koffi.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const dist = join(root, 'dist');
const commandLine = join(dist, 'PortReservation', 'worker', 'portreservation.mjs');

/** Where the program is called from. */
const command = '/usr/bin/portreservation';

/** Where each shell of the system looks for what packages bring. */
const completions = (kind) => ({
  bash: 'usr/share/bash-completion/completions/portreservation',
  zsh: `usr/share/zsh/${kind === 'deb' ? 'vendor-completions' : 'site-functions'}/_portreservation`,
  fish: 'usr/share/fish/vendor_completions.d/portreservation.fish',
});

const doc = 'usr/share/doc/portreservation';

/** Lays all of it into the stage. */
export async function fillStage(stage, { kind, program, platform }) {
  const put = (path, content) => {
    mkdirSync(dirname(join(stage, path)), { recursive: true });
    writeFileSync(join(stage, path), content);
  };
  const copy = (path, from) => put(path, readFileSync(from));
  const zipped = (path, content) => put(`${path}.gz`, gzipSync(content, { level: 9 }));

  copy('usr/lib/portreservation/portreservation', join(program, 'portreservation'));
  copy(`usr/lib/portreservation/koffi/${platform}/koffi.node`, nativePackage(platform));
  mkdirSync(join(stage, 'usr/bin'));
  symlinkSync('../lib/portreservation/portreservation', join(stage, 'usr/bin/portreservation'));
  copy('usr/lib/portreservation/write-ports', join(root, 'packaging/write-ports'));

  for (const page of readdirSync(join(dist, 'man')))
    zipped(`usr/share/man/man1/${page}`, readFileSync(join(dist, 'man', page)));
  for (const [shell, path] of Object.entries(completions(kind)))
    put(path, execFileSync(process.execPath, [commandLine, 'completion', shell]));

  const units = 'usr/lib/systemd/system';
  copy(`${units}/port-reservation@.service`, join(root, 'packaging/port-reservation@.service'));
  copy(`${units}/port-reservation.service`, join(root, 'packaging/port-reservation.service'));
  mkdirSync(join(stage, 'etc/port-reservation'), { recursive: true });

  const share = 'usr/share/portreservation';
  const manifests = readdirSync(join(dist, 'PortReservation')).filter((name) => name.endsWith('.dsc.resource.json'));
  for (const name of manifests) put(`${share}/dsc/${name}`, manifestFor(join(dist, 'PortReservation', name)));
  const schema = 'desired-state.schema.json';
  copy(`${share}/${schema}`, join(dist, 'PortReservation', 'schemas', schema));

  for (const name of readdirSync(join(root, 'docs')).filter((one) => one.endsWith('.md')))
    copy(`${doc}/docs/${name}`, join(root, 'docs', name));
  copy(`${doc}/README.md`, join(root, 'README.md'));
  copy(`${doc}/THIRD-PARTY-NOTICES`, join(dist, 'THIRD-PARTY-NOTICES'));
  copy(`${doc}/sbom.cdx.json`, join(dist, 'PortReservation', 'sbom.cdx.json'));
  zipped(`${doc}/NODE-LICENSE.txt`, readFileSync(join(program, 'NODE-LICENSE.txt')));
  zipped(`${doc}/changelog`, readFileSync(join(root, 'CHANGELOG.md')));
  cpSync(join(root, 'examples/systemd'), join(stage, doc, 'examples/systemd'), { recursive: true });
}

/** The program in the place of Node and its script. */
function manifestFor(file) {
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  for (const operation of Object.values(manifest)) {
    if (operation?.executable !== 'node') continue;
    const [, ...args] = operation.args;
    Object.assign(operation, { executable: command, args: ['dsc', ...args] });
  }
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

const programs = /\/(?:portreservation\/portreservation|DEBIAN\/post\w+)$/;

/** The same whatever the builder's umask and the checkout's modes are; when all of it is there. */
export function settleModes(stage) {
  chmodSync(stage, 0o755);
  for (const entry of readdirSync(stage, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, programs.test(path) ? 0o755 : 0o644);
  }
}
