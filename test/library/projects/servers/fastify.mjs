import Fastify from 'fastify';
import { reserve } from 'portreservation';

const app = Fastify();
app.get('/', () => 'fastify');

const block = await reserve({ name: 'fastify' });
await app.ready();
const port = await block.listen(app.server);
console.log(await (await fetch(`http://127.0.0.1:${port}`)).text());
await app.close();
await block.release();
