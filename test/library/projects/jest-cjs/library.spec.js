const { createServer } = require('node:http');
const { getPort, reserve, ServiceError } = require('portreservation');

test('a server listens on what was reserved in the test', async () => {
  const block = await reserve({ numberOfPorts: 2 });
  const server = createServer((_, response) => response.end('reserved'));
  const port = await block.listen(server);
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe('reserved');
  server.close();
  server.closeAllConnections();
  const again = await reserve({ startPort: port }).catch((error) => error);
  expect(again).toBeInstanceOf(ServiceError);
  expect(again.errorName).toBe('RangeReserved');
  await block.release();
});

test('getPort gives ports', async () => {
  const ports = [await getPort(), await getPort()];
  expect(new Set(ports).size).toBe(2);
});
