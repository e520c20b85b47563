import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** A program that listens on a port that it is told, as docs/holds.md has it. */
export interface Program {
  /** How its row there begins. */
  row: string;
  name: string;
  /** What the machine must have: a program and words it succeeds with. */
  needs: readonly [program: string, ...words: string[]];
  /** Whether CI has it. */
  isInCi?: boolean;
  /** Prepares it in an empty folder, and gives the command that listens on the port. */
  command: (port: number, folder: string) => string[];
  /** Whether it does what its row advises: then it listens under `yield`. */
  isAdvised?: boolean;
}

const library = pathToFileURL(join(import.meta.dirname, '../../dist/lib/index.js')).href;

function written(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const made = (folder: string, program: string, ...words: string[]) =>
  execFileSync(program, words, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });

const goSource = (port: number) =>
  `package main\nimport "net"\nfunc main() { l, err := net.Listen("tcp", ":${port}"); if err != nil { panic(err) }; l.Accept(); select {} }\n`;
const javaOf = (what: string) =>
  `class Listen { public static void main(String[] a) throws Exception { int port = Integer.parseInt(a[0]); ${what}; Thread.sleep(1000000); } }`;
const rustSource =
  'fn main() { let port: u16 = std::env::args().nth(1).unwrap().parse().unwrap(); let _l = std::net::TcpListener::bind(("0.0.0.0", port)).unwrap(); loop { std::thread::park() } }';
const cSource = (option: string) => `#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
int main(int count, char **words) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[count - 1]))};
  int one = 1, server = socket(AF_INET, SOCK_STREAM, 0);
  ${option}
  if (one && (bind(server, (void *)&address, sizeof address) < 0 || listen(server, 9) < 0)) return 1;
  for (;;) pause();
}`;
const nginxConfig = (port: number) => `daemon off; pid nginx.pid; error_log stderr; events {}
http { access_log off; client_body_temp_path a; proxy_temp_path b; fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
server { listen ${port}; location / { return 200 "nginx"; } } }`;

const python = (script: string, port: number) => ['/usr/bin/python3', '-c', script, `${port}`];
const port = 'int(sys.argv[1])';

export const programs: Program[] = [
  {
    row: 'Node `net`, `http`',
    name: 'node',
    needs: ['node', '--version'],
    command: (at) => ['node', '-e', `require('node:http').createServer().listen(${at})`],
  },
  {
    row: "Node with this package's",
    name: 'listenOn',
    needs: ['node', '--version'],
    command: (at) => [
      ...['node', '--input-type=module', '-e'],
      `import { createServer } from 'node:net'; const { listenOn } = await import(${JSON.stringify(library)}); await listenOn(createServer(), { port: ${at} });`,
    ],
  },
  {
    row: 'Go',
    name: 'go',
    needs: ['go', 'version'],
    command: (at, folder) => {
      made(folder, 'go', 'build', '-o', 'listen', written(folder, 'main.go', goSource(at)));
      return ['./listen'];
    },
  },
  ...[
    'new java.net.ServerSocket(port)',
    'com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress(port), 0).start()',
  ].map(
    (what, index): Program => ({
      row: 'Java',
      name: `java, ${index === 0 ? 'ServerSocket' : 'HttpServer'}`,
      needs: ['javac', '--version'],
      isInCi: false,
      command: (at, folder) => ['java', written(folder, 'Listen.java', javaOf(what)), `${at}`],
    }),
  ),
  {
    row: 'Rust',
    name: 'rust',
    needs: ['rustc', '--version'],
    isInCi: false,
    command: (at, folder) => {
      made(folder, 'rustc', '-o', 'listen', written(folder, 'listen.rs', rustSource));
      return ['./listen', `${at}`];
    },
  },
  {
    row: 'Python 3.11 `asyncio`',
    name: 'asyncio',
    needs: ['/usr/bin/python3', '--version'],
    command: (at) =>
      python(
        `import asyncio, sys\nasync def main():\n  server = await asyncio.start_server(lambda *_: None, port=${port})\n  await server.serve_forever()\nasyncio.run(main())`,
        at,
      ),
  },
  {
    row: 'Python 3.11 `asyncio`',
    name: 'http.server',
    needs: ['/usr/bin/python3', '--version'],
    command: (at) => ['/usr/bin/python3', '-m', 'http.server', `${at}`],
  },
  {
    row: 'Python 3.11 `asyncio`',
    name: 'gunicorn',
    needs: ['gunicorn', '--version'],
    command: (at, folder) => {
      written(folder, 'app.py', 'def app(environ, start): start("200 OK", []); return [b""]');
      return ['gunicorn', '--bind', `:${at}`, 'app:app'];
    },
  },
  {
    row: 'Python 3.11 `asyncio`',
    name: 'uvicorn',
    needs: ['/usr/bin/python3', '-c', 'import uvicorn'],
    command: (at, folder) => {
      written(folder, 'app.py', 'async def app(scope, receive, send): pass');
      return ['/usr/bin/python3', '-m', 'uvicorn', '--port', `${at}`, 'app:app'];
    },
  },
  {
    row: 'Python `socketserver.TCPServer`',
    name: 'socketserver',
    needs: ['/usr/bin/python3', '--version'],
    command: (at) =>
      python(
        `import socketserver, sys\nsocketserver.TCPServer(("", ${port}), socketserver.BaseRequestHandler).serve_forever()`,
        at,
      ),
  },
  {
    row: 'Python `socketserver.TCPServer`',
    name: 'socket of Python',
    needs: ['/usr/bin/python3', '--version'],
    command: (at) =>
      python(`import signal, socket, sys\ns = socket.socket()\ns.bind(("", ${port}))\ns.listen()\nsignal.pause()`, at),
  },
  {
    row: 'Python `socketserver.TCPServer`',
    name: 'socketserver with allow_reuse_address',
    isAdvised: true,
    needs: ['/usr/bin/python3', '--version'],
    command: (at) =>
      python(
        `import socketserver, sys\nclass S(socketserver.TCPServer):\n  allow_reuse_address = True\nS(("", ${port}), socketserver.BaseRequestHandler).serve_forever()`,
        at,
      ),
  },
  {
    row: 'Ruby',
    name: 'ruby',
    needs: ['ruby', '--version'],
    command: (at) => ['ruby', '-rsocket', '-e', `TCPServer.new(${at}); sleep`],
  },
  {
    row: 'Ruby',
    name: 'php -S',
    needs: ['php', '--version'],
    command: (at) => ['php', '-S', `127.0.0.1:${at}`],
  },
  ...[false, true].map(
    (isAdvised): Program => ({
      row: 'Perl',
      name: `perl${isAdvised ? ' with ReuseAddr' : ''}`,
      isAdvised,
      needs: ['perl', '--version'],
      command: (at) => [
        ...['perl', '-MIO::Socket::INET', '-e'],
        `my $s = IO::Socket::INET->new(Listen => 5, LocalPort => ${at}${isAdvised ? ', ReuseAddr => 1' : ''}) or die "$@"; sleep;`,
      ],
    }),
  ),
  ...[false, true].map(
    (isAdvised): Program => ({
      row: 'C, plain',
      name: `c${isAdvised ? ' with SO_REUSEADDR' : ''}`,
      isAdvised,
      needs: ['gcc', '--version'],
      command: (at, folder) => {
        const option = isAdvised ? 'setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);' : '';
        made(folder, 'gcc', '-o', 'listen', written(folder, 'listen.c', cSource(option)));
        return ['./listen', `${at}`];
      },
    }),
  ),
  {
    row: 'nginx',
    name: 'nginx',
    needs: ['/usr/sbin/nginx', '-v'],
    command: (at, folder) => [
      ...['/usr/sbin/nginx', '-p', folder],
      ...['-c', written(folder, 'nginx.conf', nginxConfig(at))],
    ],
  },
  {
    row: 'nginx',
    name: 'redis-server',
    needs: ['redis-server', '--version'],
    command: (at) => ['redis-server', '--port', `${at}`, '--save', ''],
  },
  ...[false, true].map(
    (isAdvised): Program => ({
      row: 'socat',
      name: `socat${isAdvised ? ' with reuseaddr' : ''}`,
      isAdvised,
      needs: ['socat', '-V'],
      command: (at) => ['socat', `TCP-LISTEN:${at}${isAdvised ? ',reuseaddr' : ''},fork`, 'EXEC:true'],
    }),
  ),
  {
    row: "OpenBSD's `nc -l`",
    name: 'nc -l',
    needs: ['sh', '-c', 'nc -h 2>&1 | grep -q OpenBSD'],
    command: (at) => ['nc', '-k', '-l', `${at}`],
  },
];
