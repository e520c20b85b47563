import { createServer } from 'node:http';
import express from 'express';
import { reserve } from 'portreservation';

const app = express();
app.get('/', (_, response) => response.send('express'));

const block = await reserve({ name: 'express' });
const server = createServer(app);
const port = await block.listen(server);
console.log(await (await fetch(`http://127.0.0.1:${port}`)).text());
server.close();
server.closeAllConnections();
await block.release();
