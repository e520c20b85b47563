import { once } from 'node:events';
import { createServer } from 'node:http';
import { expect, test } from '@playwright/test';
import { workerPorts } from 'portreservation/playwright';

for (const name of ['one', 'two', 'three', 'four']) {
  test(`${name} serves on a port of its worker`, async ({ request }) => {
    const [port] = workerPorts();
    const server = createServer((_, response) => response.end(name)).listen(port);
    await once(server, 'listening');
    expect(await (await request.get(`http://127.0.0.1:${port}`)).text()).toBe(name);
    console.log(`worker ${process.env.TEST_PARALLEL_INDEX} port ${port}`);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
}
