import { createServer } from 'node:http';
import { getPort, PackageFilesError, reserve } from 'portreservation';

export const dynamic = 'force-dynamic';

export async function GET() {
  try {
    const block = await reserve();
    const server = createServer((_, response) => response.end('next'));
    const port = await block.listen(server);
    const text = await (await fetch(`http://127.0.0.1:${port}`, { cache: 'no-store' })).text();
    server.close();
    await block.release();
    return Response.json({ text, port: await getPort() });
  } catch (error) {
    if (!(error instanceof PackageFilesError)) throw error;
    return Response.json({ error: error.name, packageName: error.packageName, hint: error.hint });
  }
}
