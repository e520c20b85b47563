import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { deferred } from './deferred.ts';
import { type LabPaths, windowsPath } from './lab.ts';

export interface Result {
  pid: number;
  /** Exit code; null when it was ended from outside. */
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A program running in the lab. */
export interface LabProcess {
  /** Windows process id. */
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves when it has ended and everything it wrote is there. */
  readonly ended: Promise<Result>;
  /** TerminateProcess. */
  kill(): Promise<Result>;
}

export interface Command {
  /** Program, as a path of this system. */
  program: string;
  args: string[];
  env: Record<string, string>;
  /** As a path of this system. */
  cwd: string;
  /** Whether it gets a console of its own. */
  console?: boolean;
}

type Event = { id: number } & (
  | { event: 'started'; pid: number }
  | { event: 'failed'; message: string }
  | { event: 'stdout'; data: string }
  | { event: 'stderr'; data: string }
  | { event: 'exited'; code: number | null }
);

/** The Windows Node in Wine that starts programs there (driver.mjs) and ends them when it goes. */
export class Driver {
  #socket: Socket;
  #wine: ChildProcess;
  #server: Server;
  #log: string;
  #listeners = new Map<number, (event: Event) => void>();
  #count = 0;
  #ended = false;

  private constructor(socket: Socket, wine: ChildProcess, server: Server, log: string) {
    this.#socket = socket;
    this.#wine = wine;
    this.#server = server;
    this.#log = log;
  }

  /** Starts Wine, unless it runs already, and the driver in it. `folder` takes its log. */
  static async start(paths: LabPaths, folder: string): Promise<Driver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const key = randomUUID();
    const log = join(folder, 'driver.log');
    const wine = startWine(paths, log, [String((server.address() as { port: number }).port), key]);
    const died = once(wine, 'exit').then(() => {
      throw new Error(`The lab's driver ended at once:\n${readFileSync(log, 'utf8')}`);
    });
    const [socket] = (await Promise.race([once(server, 'connection'), died])) as [Socket];
    died.catch(() => {});
    const driver = new Driver(socket, wine, server, log);
    const lines = createInterface({ input: socket });
    const [ready] = (await once(lines, 'line')) as [string];
    if (JSON.parse(ready).key !== key) throw new Error('Somebody else connected in place of the driver.');
    lines.on('line', (line) => driver.#receive(JSON.parse(line)));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => driver.#fail());
    return driver;
  }

  #send(message: object): void {
    this.#socket.write(`${JSON.stringify(message)}\n`);
  }

  #receive(event: Event): void {
    this.#listeners.get(event.id)?.(event);
  }

  #fail(): void {
    this.#ended = true;
    for (const [id, listener] of this.#listeners) listener({ id, event: 'failed', message: 'The lab has ended.' });
  }

  /** Starts a program; rejects when Windows cannot. */
  async launch({ program, args, env, cwd, console = false }: Command): Promise<LabProcess> {
    if (this.#ended) throw new Error(`The lab has ended. ${readFileSync(this.#log, 'utf8')}`);
    const id = this.#count++;
    const stdout = new Readable({ read() {} });
    const stderr = new Readable({ read() {} });
    const written: Record<'stdout' | 'stderr', Buffer[]> = { stdout: [], stderr: [] };
    const started = deferred<number>();
    const ended = deferred<Result>();
    ended.promise.catch(() => {});
    this.#listeners.set(id, (event) => {
      if (event.event === 'started') started.resolve(event.pid);
      else if (event.event === 'stdout' || event.event === 'stderr') {
        const data = Buffer.from(event.data, 'base64');
        written[event.event].push(data);
        (event.event === 'stdout' ? stdout : stderr).push(data);
      } else {
        this.#listeners.delete(id);
        stdout.push(null);
        stderr.push(null);
        if (event.event === 'failed') {
          const error = new Error(`${program}: ${event.message}\n${readFileSync(this.#log, 'utf8').slice(-2000)}`);
          started.reject(error);
          ended.reject(error);
        } else void started.promise.then((pid) => ended.resolve(result(pid, event.code, written)));
      }
    });
    const command = windowsPath(program);
    this.#send({ order: 'start', id, command, args, env, cwd: windowsPath(cwd), console });
    const pid = await started.promise;
    const kill = () => {
      this.#send({ order: 'kill', pid });
      return ended.promise;
    };
    return { pid, stdin: this.#stdin(id), stdout, stderr, ended: ended.promise, kill };
  }

  #stdin(id: number): Writable {
    return new Writable({
      write: (data: Buffer, _encoding, done) => {
        this.#send({ order: 'write', id, data: data.toString('base64') });
        done();
      },
      final: (done) => {
        this.#send({ order: 'end', id });
        done();
      },
    });
  }

  /** Ends any Windows process of the lab, such as a child of a program started here. */
  kill(pid: number): void {
    this.#send({ order: 'kill', pid });
  }

  /** Ends the driver and what it started. */
  async close(): Promise<void> {
    this.#socket.end();
    if (this.#wine.exitCode === null && this.#wine.signalCode === null) await once(this.#wine, 'exit');
    this.#server.close();
  }
}

function result(pid: number, code: number | null, written: Record<'stdout' | 'stderr', Buffer[]>): Result {
  const text = (parts: Buffer[]) => Buffer.concat(parts).toString('utf8');
  return { pid, code, stdout: text(written.stdout), stderr: text(written.stderr) };
}

function startWine(paths: LabPaths, log: string, args: string[]): ChildProcess {
  const home = join(paths.prefix, '..', 'home');
  mkdirSync(home, { recursive: true });
  const output = openSync(log, 'w');
  const script = windowsPath(fileURLToPath(new URL('driver.mjs', import.meta.url)));
  const wine = spawn(paths.wine, [paths.node22, script, ...args], {
    stdio: ['ignore', output, output],
    env: {
      PATH: process.env.PATH,
      HOME: home,
      WINEPREFIX: paths.prefix,
      WINEDEBUG: 'fixme-all',
      WINEDLLOVERRIDES: 'winedbg.exe=d', // a program that dies is dead, without a debugger looking at it
      DOTNET_EnableWriteXorExecute: '0', // or .NET dies under Wine
    },
  });
  closeSync(output);
  return wine;
}
