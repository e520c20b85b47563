import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tryBind } from '../support/sockets.ts';
import { start } from './support.ts';

const python = '/usr/bin/python3';

const app = `
def wsgi(environ, start):
    start("200 OK", [])
    return [b"gunicorn"]

async def asgi(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"uvicorn"})
`;

const nginx = `daemon off;
pid nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
  server { listen [::]:PORT; location / { return 200 "nginx"; } }
}
`;

/** Servers that are not changed for it, each with what docs/holds.md says. */
const servers: [name: string, needs: [string, ...string[]], words: string[]][] = [
  ['gunicorn', ['gunicorn', '--version'], ['gunicorn', 'app:wsgi']],
  [
    'uvicorn',
    [python, '-c', 'import uvicorn'],
    [python, '-m', 'uvicorn', '--fd', '3', '--lifespan', 'off', 'app:asgi'],
  ],
  [
    'nginx',
    ['/usr/sbin/nginx', '-v'],
    ['sh', '-c', `sed "s/PORT/$PORT/" nginx.conf.in > nginx.conf; NGINX='3;' exec /usr/sbin/nginx -p . -c nginx.conf`],
  ],
];

describe.skipIf(process.platform !== 'linux')('exec --pass-sockets (skipped: needs Linux)', () => {
  for (const [name, [program, ...words], command] of servers) {
    const lacking = spawnSync(program, words).status === 0 ? '' : ` (skipped: no ${name})`;
    test.skipIf(lacking)(`${name} takes over the socket, and nobody else gets the port${lacking}`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      writeFileSync(join(folder, 'app.py'), app);
      writeFileSync(join(folder, 'nginx.conf.in'), nginx);
      const run = start(['exec', '--pass-sockets', '--', ...command], { cwd: folder });
      const [, port] = await run.line(/tcp (\d+): open/);
      // It waits in the socket until the server takes it.
      expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe(name);
      for (const address of ['0.0.0.0', '127.0.0.1'])
        expect(await tryBind('tcp', Number(port), address)).toBe('EADDRINUSE');
      run.child.kill('SIGTERM');
      await run.ended;
    });
  }
});
