import { createServer } from 'node:net';

/** Listens on the port as an ordinary server does, and stops; gives the error's code where it was refused. */
export function listen(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    server.listen(port, () => server.close(() => resolve(undefined)));
  });
}
