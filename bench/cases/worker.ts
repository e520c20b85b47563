import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startWorker } from '../../src/rpc/client/client.ts';
import { type Case, paired } from '../measure.ts';
import { environment, startNode, workerFile } from '../support.ts';

const initialize = '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}';

/** From spawn to the reply of `initialize`; how it ends is not counted. */
async function startAndInitialize(): Promise<void> {
  const worker = spawn(process.execPath, [workerFile, '--stdio'], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  worker.stdin.write(`Content-Length: ${initialize.length}\r\n\r\n${initialize}`);
  await once(worker.stdout, 'data');
  worker.kill('SIGKILL');
}

const coldStart: Case = {
  name: 'cold start to initialize',
  run: async () => [
    {
      name: 'cold start to initialize',
      ...(await paired(25, startAndInitialize, startNode)),
      floor: 'node -e 0',
      aim: '<= 1.3',
    },
  ],
};

/** From spawn to the reply of `initialize`, of the MCP server. */
async function startAgentServer(): Promise<void> {
  const server = spawn(process.execPath, [join(workerFile, '../portreservation.mjs'), 'mcp'], {
    env: environment(),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  server.stdin.write(`${initialize}\n`);
  await once(server.stdout, 'data');
  server.kill('SIGKILL');
}

const agentServer: Case = {
  name: 'cold start of the MCP server',
  run: async () => [
    {
      name: 'cold start of the MCP server',
      ...(await paired(25, startAgentServer, startNode)),
      floor: 'node -e 0',
      aim: '<= 1.3',
    },
  ],
};

const lookup: Case = {
  name: 'lookup on a running worker',
  async run() {
    await using worker = await startWorker({ env: environment() });
    const range = { startPort: 20_001, numberOfPorts: 3 };
    const many = async (request: () => Promise<unknown>) => {
      for (let index = 0; index < 50; index++) await request().catch(() => undefined);
    };
    const measured = await paired(
      20,
      () => many(() => worker.request('reservation/lookup', { protocol: 'tcp', range })),
      () => many(() => worker.request('no/such' as 'shutdown', {})),
    );
    const { ratio, milliseconds } = measured;
    return [{ name: this.name, ratio, milliseconds: milliseconds / 50, floor: 'an unknown method', aim: '<= 1.5' }];
  },
};

export const workerCases: Case[] = [coldStart, agentServer, lookup];
