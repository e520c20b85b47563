import { type ExecFileException, execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { describe, expect, onTestFinished, test } from 'vitest';
import { clientsFolder, editorFolder } from '../editors/setup.mjs';
import { folders, ownEnvironment, server } from './support.ts';

const installed = clientsFolder();
const node = join(editorFolder(), 'node/node_modules/.bin/node');
const isThere = existsSync(installed) && existsSync(node);
const skipped = isThere ? '' : ' (skipped: not here; node test/editors/setup.mjs installs them)';

const program = (name: string, file: string) => join(installed, name, 'node_modules/.bin', file);

/** Runs a client on the Node it wants, and gives what it wrote. */
async function run(words: string[], cwd: string, env: NodeJS.ProcessEnv = process.env) {
  try {
    const { stdout } = await promisify(execFile)(node, words, { cwd, env });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as ExecFileException & { stdout: string; stderr: string };
    return { code, stdout: `${stdout}${stderr}` };
  }
}

describe.skipIf(skipped)(`the Inspector's command line${skipped}`, () => {
  const inspect = async (env: Record<string, string>, ...words: string[]) => {
    const started = [
      program('inspector', 'mcp-inspector'),
      '--cli',
      '-e',
      `PORT_RESERVATION_HOME=${env.PORT_RESERVATION_HOME}`,
    ];
    const { code, stdout } = await run(
      [...started, ...words, '--', server.command, ...server.args],
      env.PORT_RESERVATION_HOME!,
      {
        ...env,
        HOME: env.PORT_RESERVATION_HOME,
      },
    );
    return { code, stdout };
  };

  test('lists the tools, calls one, and reads a resource', async () => {
    const [shop] = folders('shop') as [string];
    const env = ownEnvironment();
    const listed = await inspect(env, '--method', 'tools/list');
    expect(JSON.parse(listed.stdout).tools).toHaveLength(5);
    const call = ['--method', 'tools/call', '--tool-name', 'reserve_ports', '--tool-arg'];
    const called = await inspect(env, ...call, `folder=${shop}`, 'numberOfPorts=2');
    expect(JSON.parse(called.stdout).structuredContent).toMatchObject({
      state: 'reserved',
      ports: [{}, {}].map(() => expect.any(Number)),
    });
    const read = await inspect(env, '--method', 'resources/read', '--uri', 'ports://map/tcp.svg');
    expect(JSON.parse(read.stdout).contents[0].text).toMatch(/^<svg /);
  });
});

/** The server over HTTP, which is all that the conformance tests can speak: a process for each session. */
async function bridge(): Promise<string> {
  const env = ownEnvironment();
  const sessions = new Map<string, StreamableHTTPServerTransport>();
  const open = async () => {
    const below = new StdioClientTransport({ ...server, env });
    const above = new StreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      enableJsonResponse: true,
      onsessioninitialized: (id) => void sessions.set(id, above),
    });
    below.onmessage = (message) => void above.send(message);
    above.onmessage = (message) => void below.send(message);
    onTestFinished(() => below.close());
    await Promise.all([below.start(), above.start()]);
    return above;
  };
  const listener = createServer(async (request, response) => {
    const known = sessions.get(`${request.headers['mcp-session-id']}`);
    await (known ?? (await open())).handleRequest(request, response);
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => {
    listener.closeAllConnections();
    listener.close();
  });
  return `http://127.0.0.1:${(listener.address() as AddressInfo).port}/mcp`;
}

// The others call tools, prompts and resources of a server made for the tests.
describe.skipIf(skipped)(`the conformance tests of the protocol${skipped}`, () => {
  test.each(['server-initialize', 'ping', 'tools-list', 'resources-list'])('%s', async (scenario) => {
    const url = await bridge();
    const [results] = folders('results') as [string];
    const words = ['server', '--url', url, '--scenario', scenario];
    const { code, stdout } = await run([program('conformance', 'conformance'), ...words], results);
    expect(stdout).toMatch(/Passed: [1-9]/);
    expect(code, stdout).toBe(0);
  });
});
