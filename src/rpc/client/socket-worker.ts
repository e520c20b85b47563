import { EventEmitter } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { WorkerStreams } from './worker-client.ts';

/** A worker that somebody else has started and that serves at an address, seen as a program of one's own. */
class SocketWorker extends EventEmitter implements WorkerStreams {
  readonly pid = undefined;
  readonly stdin: Socket;
  readonly stdout: Socket;
  readonly stderr = Readable.from([]);

  constructor(socket: Socket) {
    super();
    this.stdin = socket;
    this.stdout = socket;
    socket.once('close', () => this.emit('close', 0, null));
    socket.on('error', () => {}); // what is under way fails with the end
  }

  ref(): void {
    this.stdin.ref();
  }

  unref(): void {
    this.stdin.unref();
  }

  kill(): boolean {
    this.stdin.destroy();
    return true;
  }
}

/** Connects to a worker that listens; undefined where nobody serves this user there. */
export function connectTo(address: string): Promise<WorkerStreams | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address);
    socket.once('error', () => resolve(undefined));
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(new SocketWorker(socket));
    });
  });
}
