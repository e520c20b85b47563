import { type AddressInfo, connect } from 'node:net';

/** How long an answer is waited for: another machine may drop what it is sent, and a busy one needs a moment. */
const patience = 5000;
const leastPatience = 250;

/** How one connection is tried. */
export interface Attempt {
  /** How much time there is, in milliseconds. */
  left: number;
  signal?: AbortSignal;
  /** From which port; for tests. */
  localPort?: number;
}

/** Whether somebody accepts a connection there. Nothing is sent. */
export function answers(port: number, host: string, { left, signal, localPort }: Attempt): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host, ...(localPort && { localPort }) });
    const giveUp = () => end(false);
    const end = (isThere: boolean) => {
      signal?.removeEventListener('abort', giveUp);
      socket.destroy();
      resolve(isThere);
    };
    // Of a signal that connect is given, it leaves its listener behind.
    signal?.addEventListener('abort', giveUp, { once: true });
    if (signal?.aborted) return giveUp();
    socket.setTimeout(Math.max(leastPatience, Math.min(patience, left)), () => end(false));
    socket.once('error', () => end(false));
    socket.once('connect', () => end(!isWithItself(socket.address() as AddressInfo, socket.remoteAddress, port)));
  });
}

/** In the dynamic range a connection may be given the very port that it goes to, and then answers itself. */
const isWithItself = (own: AddressInfo, address: string | undefined, port: number) =>
  own.port === port && own.address === address;
