import { reserve } from 'portreservation';
import { createServer } from 'vite';

const block = await reserve({ name: 'vite' });
const vite = await createServer({
  root: import.meta.dirname,
  configFile: false,
  logLevel: 'warn',
  appType: 'custom',
  plugins: [{ name: 'hello', load: (id) => (id.endsWith('/hello.js') ? 'export default "vite"' : undefined) }],
});
const port = await block.listen(vite.httpServer, { host: '127.0.0.1' });
const text = await (await fetch(`http://127.0.0.1:${port}/@id/hello.js`)).text();
const client = await fetch(`http://127.0.0.1:${port}/@vite/client`);
console.log(client.status, text.includes('vite') || client.ok ? 'vite' : text);
await vite.close();
await block.release();
