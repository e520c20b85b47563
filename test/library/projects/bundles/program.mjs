import { createServer } from 'node:http';
import { getPort, PackageFilesError, reserve, startWorker } from 'portreservation';

async function main() {
  const block = await reserve();
  const server = createServer((_, response) => response.end('bundled'));
  const port = await block.listen(server);
  const text = await (await fetch(`http://127.0.0.1:${port}`)).text();
  server.close();
  server.closeAllConnections();
  await block.release();
  const worker = await startWorker();
  await worker.close();
  console.log(text, (await getPort()) > 0);
}

main().catch((error) => {
  if (!(error instanceof PackageFilesError)) throw error;
  console.log(error.name, error.packageName, error.hint);
});
