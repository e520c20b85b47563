import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tryBind } from '../support/sockets.ts';
import { ownHome } from '../support/worker.ts';
import { start } from './support.ts';

const has = (program: string, ...words: string[]) => spawnSync(program, words).status === 0;
const lacksGo = has('go', 'version') ? '' : ' (skipped: no go on PATH)';
const lacksPython = has('python3', '--version') ? '' : ' (skipped: no python3 on PATH)';

const node = `const http = require('node:http');
http.createServer((_, response) => response.end('node')).listen({ fd: 3 }, () => console.log('at', process.env.PORT, process.env.LISTEN_PID == process.pid));`;

/** Sets no option at all, so under every hold its own bind would be refused. */
const python = `import os, socket, http.server
class Server(http.server.HTTPServer):
    allow_reuse_address = False
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"python")
    def log_message(self, *_): pass
server = Server(("", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
print("at", os.environ["PORT"], "true" if int(os.environ["LISTEN_PID"]) == os.getpid() else "false", flush=True)
server.serve_forever()`;

const go = `package main
import ("fmt"; "net"; "net/http"; "os")
func main() {
	listener, err := net.FileListener(os.NewFile(3, os.Getenv("LISTEN_FDNAMES")))
	if err != nil { panic(err) }
	fmt.Println("at", os.Getenv("PORT"), os.Getenv("LISTEN_PID") == fmt.Sprint(os.Getpid()))
	http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "go") }))
}`;

function goProgram(): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'port-reservation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, 'main.go'), go);
  const built = spawnSync('go', ['build', '-o', join(folder, 'server'), join(folder, 'main.go')], { encoding: 'utf8' });
  expect(built.stderr).toBe('');
  return [join(folder, 'server')];
}

const commands: [name: string, skipped: string, words: () => string[]][] = [
  ['node', '', () => [process.execPath, '-e', node]],
  ['python', lacksPython, () => ['python3', '-c', python]],
  ['go', lacksGo, goProgram],
];

describe.skipIf(process.platform !== 'linux')('exec --pass-sockets (skipped: needs Linux)', () => {
  for (const [name, skipped, words] of commands) {
    test.skipIf(skipped)(
      `a server in ${name} takes over the socket, and nobody else gets the port${skipped}`,
      async () => {
        const run = start(['exec', '--pass-sockets', '--', ...words()]);
        const [, port, isMeant] = await run.line(/at (\d+) (\w+)\n/);
        expect(isMeant).toBe('true');
        expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe(name);
        expect(await tryBind('tcp', Number(port), '0.0.0.0')).toBe('EADDRINUSE');
        expect(await tryBind('tcp', Number(port), '127.0.0.1')).toBe('EADDRINUSE');
      },
    );
  }

  test('every port of a block has its socket, by the names of --env, and the caller’s own descriptors keep theirs', async () => {
    const script =
      'echo "$LISTEN_FDS $LISTEN_FDNAMES $(readlink /proc/$$/fd/3) $(readlink /proc/$$/fd/5)" .; ss -Hltun';
    const words = ['exec', '--pass-sockets', '--ports', '2', '--protocol', 'tcp,udp', '--env', 'WEB=1', '--quiet'];
    const { stdout, stderr, code } = await start([...words, '--', 'sh', '-c', script]).ended;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^4 PORT_0:WEB:PORT_0:WEB socket:\S+ socket:\S+ \.$/m);
  });

  test('connections wait for a server that starts anew', async () => {
    const once = `require('node:http').createServer((_, r) => { r.setHeader('connection', 'close'); r.end('' + process.pid, () => process.exit()); }).listen({ fd: 3 });`;
    const script = `echo at $PORT .; while "$0" -e "$1"; do :; done`;
    const run = start(['exec', '--pass-sockets', '--', 'sh', '-c', script, process.execPath, once]);
    const [, port] = await run.line(/at (\d+) \.\n/);
    const seen = new Set<string>();
    for (let count = 0; count < 3; count++) seen.add(await (await fetch(`http://127.0.0.1:${port}`)).text());
    expect(seen.size).toBe(3);
  });

  test('it leaves nothing open, and says what does not go with it', async () => {
    const env = ownHome(onTestFinished);
    const { stdout } = await start(['exec', '--pass-sockets', '--', 'sh', '-c', 'echo $PORT'], { env }).ended;
    expect(await tryBind('tcp', Number(stdout), '0.0.0.0')).toBe('bound');
    const refused = await start(['exec', '--pass-sockets', '--hold', 'none', '--', 'true'], { env }).ended;
    expect(refused).toMatchObject({ code: 64, stderr: expect.stringContaining('--hold') });
  });
});
