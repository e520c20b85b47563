import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { onTestFinished } from 'vitest';
import type { Tools } from '../../src/mcp/generated/contract.ts';
import { portreservation } from '../cli/support.ts';
import { ownHome } from '../support/worker.ts';

/** How a client starts the server, as it ships. */
export const server = { command: process.execPath, args: [portreservation, 'mcp'] };

/** An environment with a ledger of its own. */
export const ownEnvironment = () => ownHome(onTestFinished) as Record<string, string>;

/** Folders of that name below a new one. */
export function folders(...names: string[]): string[] {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'port-worktrees-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  return names.map((name) => {
    mkdirSync(join(base, name), { recursive: true });
    return join(base, name);
  });
}

/** A session: a server of its own, asked by the protocol's own client of the handshake's era. */
export interface AgentSession {
  client: Client;
  processId: number;
  /** What a tool gives. */
  call<N extends keyof Tools>(name: N, args: Tools[N]['params']): Promise<Tools[N]['result']>;
  /** The words of a tool that could not do it. */
  fail(name: keyof Tools, args: object): Promise<string>;
  /** Ends it as an editor does, and waits for the end. */
  end(): Promise<void>;
}

export async function startSession(env = ownEnvironment()): Promise<AgentSession> {
  const transport = new StdioClientTransport({ ...server, env, stderr: 'inherit' });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  const call = async (name: string, args: object) => {
    const result = await client.callTool({ name, arguments: args as Record<string, unknown> });
    return result as { isError?: boolean; content: { text: string }[]; structuredContent?: object };
  };
  return {
    client,
    processId: transport.pid!,
    call: async (name, args) => {
      const { isError, content, structuredContent } = await call(name, args);
      if (isError) throw new Error(content[0]!.text);
      return structuredContent as never;
    },
    fail: async (name, args) => {
      const { isError, content } = await call(name, args);
      if (!isError) throw new Error(`${name} did not fail: ${content[0]!.text}`);
      return content[0]!.text;
    },
    end: () => client.close(),
  };
}

/** A server that somebody started in the folder: it listens, answers with its name, and ends with the test. */
export async function serveIn(folder: string, port: number): Promise<ChildProcess> {
  const code = `require('node:http').createServer((_, answer) => answer.end('hello'))
    .listen(${port}, () => console.log('listening'))`;
  const child = spawn(process.execPath, ['-e', code], { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (child.exitCode !== null) throw new Error(`Nothing can listen on ${port}.`);
  return child;
}

export async function killed(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A server that the test speaks lines with. */
export function startRaw(env = ownEnvironment()) {
  const child = spawn(server.command, server.args, { env, stdio: 'pipe' });
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => code ?? signal);
  const send = (message: unknown) =>
    void child.stdin.write(typeof message === 'string' ? `${message}\n` : `${JSON.stringify(message)}\n`);
  // biome-ignore lint/suspicious/noExplicitAny: tests look into messages of every form
  const next = async (): Promise<any> => JSON.parse((await lines.next()).value!);
  let id = 0;
  /** The answer to a request, where nothing else comes before it. */
  const ask = (method: string, params: object = {}) => {
    send({ jsonrpc: '2.0', id: ++id, method, params });
    return next();
  };
  return { child, send, next, ask, ended, log: () => log };
}

/** What each request of the era without a handshake carries. */
export const stateless = {
  _meta: {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  },
};
