const { once } = require('node:events');
const { createServer, get } = require('node:http');
const { text } = require('node:stream/consumers');
const { workerPorts } = require('portreservation/jest');

/** Listens on each of the worker's ports, says which they are, and leaves them to the next file. */
exports.useAll = async (file) => {
  const ports = workerPorts();
  const servers = [];
  for (const port of ports) {
    const server = createServer((_, response) => response.end(file)).listen(port);
    await once(server, 'listening');
    servers.push(server);
    const [response] = await once(get({ port, agent: false }), 'response');
    expect(await text(response)).toBe(file);
  }
  process.stderr.write(`${file} worker ${process.env.JEST_WORKER_ID} ports ${ports[0]}-${ports.at(-1)}\n`);
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }
};
