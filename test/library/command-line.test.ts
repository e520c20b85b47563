import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHost } from '../support/own-host.ts';

const dist = join(import.meta.dirname, '../../dist');

const program = (library: string) => `
  (async () => {
    const library = await import(${JSON.stringify(join(dist, 'lib', library))});
    await (library.reserve ?? library.default.reserve)({ lifetime: 'persistent', startPort: 21999 });
  })();`;

describe.skipIf(noNamespaces)(namespaceTitle('what the built library leaves in the system'), () => {
  test.each(['index.js', 'cjs/index.js'])('names the command line of the package: %s', async (library) => {
    const namespace = await openNamespace();
    const [file, ...args] = namespace.prefix;
    const env = { ...process.env, ...ownHost().env, PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };
    execFileSync(file!, [...args, process.execPath, '-e', program(library)], { env });
    const commandLine = join(dist, 'PortReservation/worker/portreservation.mjs');
    expect(namespace.sh('cat /etc/sysctl.d/*')).toContain(`To undo: node '${commandLine}' remove,`);
  });
});
