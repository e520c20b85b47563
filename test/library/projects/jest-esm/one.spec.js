import { createServer } from 'node:http';
import { reserve } from 'portreservation';
import { workerPorts } from 'portreservation/jest';

test('a test has the ports of its worker', () => {
  expect(workerPorts()).toHaveLength(3);
});

test('a server listens on what was reserved in the test', async () => {
  const block = await reserve();
  const server = createServer((_, response) => response.end('reserved'));
  const port = await block.listen(server);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('reserved');
  server.close();
  server.closeAllConnections();
  await block.release();
});
