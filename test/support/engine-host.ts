import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const sources = join(root, 'test', 'support', 'engine-host');
const output = join(root, 'build', 'engine-host');
const stamp = join(output, '.built');

/** The program to give to `dotnet`. */
export const engineHostAssembly = join(output, 'EngineHost.dll');

/**
 * Builds the engine host unless what is there is newer than its sources. Safe to call from several processes at once.
 *
 * @param dotnet - path of the .NET SDK's `dotnet`
 */
export async function buildEngineHost(dotnet = 'dotnet'): Promise<void> {
  if (await isBuilt()) return;
  await oneAtATime(async () => {
    if (await isBuilt()) return;
    await mkdir(output, { recursive: true });
    await publish(dotnet);
    await writeFile(stamp, '');
  });
}

async function isBuilt(): Promise<boolean> {
  const built = await modified(stamp);
  const names = (await readdir(sources)).filter((name) => /\.(cs|csproj|lock\.json)$/.test(name));
  const changed = await Promise.all(names.map((name) => modified(join(sources, name))));
  return built > Math.max(...changed);
}

async function modified(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  return found?.mtimeMs ?? 0;
}

async function publish(dotnet: string): Promise<void> {
  const build = spawn(dotnet, ['publish', sources, '--configuration', 'Release', '--output', output, '--nologo'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  for (const stream of [build.stdout, build.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text));
  const [code] = await once(build, 'close');
  if (code !== 0) throw new Error(`The engine host could not be built: dotnet publish ended with ${code}.\n${log}`);
}

// Whoever listens on the name builds, the others wait for its end. The name ends with its process, however that ends.
async function oneAtATime(work: () => Promise<void>): Promise<void> {
  const name = lockName();
  const lock = createServer();
  for (;;) {
    try {
      lock.listen(name);
      await once(lock, 'listening');
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      await endOfOther(name);
    }
  }
  const waiting = new Set<{ destroy(): void }>();
  lock.on('connection', (socket) => waiting.add(socket.on('error', () => {})));
  try {
    await work();
  } finally {
    for (const socket of waiting) socket.destroy();
    lock.close();
  }
}

function lockName(): string {
  const id = `engine-host-${createHash('sha256').update(output).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${id}`;
  return process.platform === 'linux' ? `\0${id}` : join(tmpdir(), id);
}

async function endOfOther(name: string): Promise<void> {
  const other = connect(name).resume();
  try {
    await once(other, 'close');
  } catch {
    // It ended between our two calls. Where the name is a file, its owner may have left it behind.
    if (name.startsWith('/')) await rm(name, { force: true });
  }
}
