import { Client as NewClient } from '@modelcontextprotocol/client';
import { StdioClientTransport as NewTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ResourceUpdatedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { expect, onTestFinished, test } from 'vitest';
import { folders, ownEnvironment, server, startSession } from './support.ts';

const about = { name: 'test', version: '1' };

/** Clients that others wrote, of both eras, with what differs between them. */
const clients = {
  'SDK 1, with a handshake': async (env: Record<string, string>) => {
    const client = new Client(about);
    await client.connect(new StdioClientTransport({ ...server, env }));
    const updated = (told: (uri: string) => void) => {
      client.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => told(params.uri));
      return client.subscribeResource({ uri: 'ports://reservations' });
    };
    const stop = () => client.unsubscribeResource({ uri: 'ports://reservations' });
    return { client, updated, stop };
  },
  'SDK 2, without one': async (env: Record<string, string>) => {
    const client = new NewClient(about, { versionNegotiation: { mode: { pin: '2026-07-28' } } });
    await client.connect(new NewTransport({ ...server, env }));
    let subscription: { close(): Promise<void> };
    const updated = async (told: (uri: string) => void) => {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => told(params.uri));
      subscription = await client.listen({ resourceSubscriptions: ['ports://reservations', 'ports://map/tcp.svg'] });
      expect(subscription).toMatchObject({ honoredFilter: { resourceSubscriptions: ['ports://reservations'] } });
    };
    return { client, updated, stop: () => subscription.close() };
  },
  'SDK 2, as it negotiates by itself': async (env: Record<string, string>) => {
    const client = new NewClient(about, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new NewTransport({ ...server, env }));
    let subscription: { close(): Promise<void> };
    const updated = async (told: (uri: string) => void) => {
      client.setNotificationHandler('notifications/resources/updated', ({ params }) => told(params.uri));
      subscription = await client.listen({ resourceSubscriptions: ['ports://reservations'] });
    };
    return { client, updated, stop: () => subscription.close() };
  },
};

type Name = keyof typeof clients;
const names = Object.keys(clients) as Name[];

async function connect(name: Name, env = ownEnvironment()) {
  const connected = await clients[name](env);
  onTestFinished(() => connected.client.close());
  return connected;
}

test.each(names)('%s is told what the server is, and lists its tools', async (name) => {
  const { client } = await connect(name);
  expect(client.getServerVersion()).toMatchObject({ name: 'portreservation', title: 'PortReservation' });
  expect(client.getInstructions()).toMatch(/never end a process to get its port/);
  const { tools } = await client.listTools();
  expect(tools.map((tool) => [tool.name, tool.annotations?.readOnlyHint, tool.annotations?.destructiveHint])).toEqual([
    ['reserve_ports', false, false],
    ['explain_ports', true, false],
    ['find_free_ports', true, false],
    ['list_reservations', true, false],
    ['release_ports', false, true],
  ]);
});

// The clients check what a tool gives against its output schema themselves.
test.each(names)('%s calls every tool', async (name) => {
  const [shop] = folders('shop') as [string];
  const { client } = await connect(name);
  const call = async (tool: string, args: Record<string, unknown>) => {
    const { structuredContent, content, isError } = await client.callTool({ name: tool, arguments: args });
    expect(isError, JSON.stringify(content)).toBeFalsy();
    return { result: structuredContent as Record<string, never>, text: (content as { text: string }[])[0]!.text };
  };
  const { result, text } = await call('reserve_ports', { folder: shop });
  const [port] = result.ports as unknown as number[];
  expect(text).toMatch(`reserved: ${port} (PORT=${port}, http://localhost:${port}).`);
  expect((await call('explain_ports', { folder: shop, ports: [port] })).text).toMatch(/reserved for your folder/);
  expect((await call('find_free_ports', { numberOfPorts: 3, first: 2 })).result.ranges).toHaveLength(2);
  expect((await call('list_reservations', { folder: shop })).text).toMatch(`tcp ${port} shop web (worktree ${shop})`);
  expect((await call('release_ports', { folder: shop })).result).toEqual({ released: [port] });
});

test.each(names)('%s reads the resources, and none that is not there', async (name) => {
  const { client } = await connect(name);
  const { resources } = await client.listResources();
  for (const { uri, mimeType } of resources) {
    const { contents } = await client.readResource({ uri });
    expect(contents).toMatchObject([{ uri, mimeType }]);
    expect((contents[0] as { text: string }).text).toMatch(mimeType === 'image/svg+xml' ? /^<svg / : /^\{"reserv/);
  }
  expect(resources).toHaveLength(3);
  await expect(client.readResource({ uri: 'ports://nothing' })).rejects.toMatchObject({
    code: name.startsWith('SDK 1') ? -32002 : expect.any(Number),
    data: { uri: 'ports://nothing' },
  });
});

test.each(names)('%s is told of reservations that others make and release, until it has enough', async (name) => {
  const env = ownEnvironment();
  const [shop] = folders('shop') as [string];
  const { client, updated, stop } = await connect(name, env);
  const told: string[] = [];
  await updated((uri) => told.push(uri));
  const other = await startSession(env);
  await other.call('reserve_ports', { folder: shop });
  await expect.poll(() => told.length).toBeGreaterThanOrEqual(1);
  expect(new Set(told)).toEqual(new Set(['ports://reservations']));
  const before = told.length;
  await other.call('release_ports', { folder: shop });
  await expect.poll(() => told.length).toBeGreaterThan(before);
  await stop();
  const after = told.length;
  await other.call('reserve_ports', { folder: shop });
  // Whatever would be told has been told before this answer.
  const { contents } = await client.readResource({ uri: 'ports://reservations' });
  expect(JSON.parse((contents[0] as { text: string }).text).reservations).toHaveLength(1);
  expect(told).toHaveLength(after);
});

test.each(names)('%s is told the progress of a call, and can cancel it', async (name) => {
  const [shop] = folders('shop') as [string];
  const { client } = await connect(name);
  const ports = Array.from({ length: 100 }, (_, index) => 20_000 + index);
  const params = { name: 'explain_ports', arguments: { folder: shop, ports, protocol: ['tcp', 'udp'] } };
  const steps: number[] = [];
  const options = { onprogress: ({ progress }: { progress: number }) => void steps.push(progress) };
  await client.callTool(params as never, ...((name.startsWith('SDK 1') ? [undefined, options] : [options]) as never[]));
  expect(steps[0]).toBe(0);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  const control = new AbortController();
  const cancelled = { signal: control.signal };
  const call = client.callTool(
    params as never,
    ...((name.startsWith('SDK 1') ? [undefined, cancelled] : [cancelled]) as never[]),
  );
  control.abort();
  await expect(call).rejects.toThrow();
  expect((await client.callTool({ name: 'list_reservations', arguments: {} })).isError).toBeFalsy();
});

test.each(names)('%s is told of wrong calls', async (name) => {
  const { client } = await connect(name);
  await expect(client.callTool({ name: 'kill_port', arguments: {} })).rejects.toMatchObject({ code: -32602 });
  const wrong = async (args: Record<string, unknown>, tool = 'reserve_ports') => {
    const { isError, content } = await client.callTool({ name: tool, arguments: args });
    return isError ? (content as { text: string }[])[0]!.text : 'no error';
  };
  expect(await wrong({})).toBe('Invalid arguments: folder is required.');
  expect(await wrong({ folder: '/', numberOfPorts: 101 })).toBe('Invalid arguments: numberOfPorts must be 1 to 100.');
  expect(await wrong({ folder: '/', label: 'a b' })).toBe(
    'Invalid arguments: label must be 1 to 30 letters, digits, - or _.',
  );
  expect(await wrong({ folder: '/', force: true })).toBe('Invalid arguments: force is not a known parameter.');
  expect(await wrong({ folder: '/', ports: [0] }, 'explain_ports')).toBe(
    'Invalid arguments: ports.0 must be 1 to 65535.',
  );
  const within = { startPort: 20_000, numberOfPorts: 1 };
  expect(await wrong({ numberOfPorts: 2, within }, 'find_free_ports')).toMatch(
    /^Invalid arguments: numberOfPorts must/,
  );
});
