import { PassThrough } from 'node:stream';
import type { Reservation, Reservations } from '../../src/protocol/generated/contract.ts';
import { Connection, type ConnectionOptions } from '../../src/rpc/server/connection.ts';
import { createLog } from '../../src/rpc/server/log.ts';
import type { PortService } from '../../src/service/port-service.ts';
import { RawPeer } from '../support/frames.ts';

export const reservation: Reservation = {
  protocol: 'tcp',
  range: { startPort: 20_000, numberOfPorts: 2 },
  token: '18446744073709551615',
  lifetime: 'runtime',
  enforcement: 'socket',
  provider: 'ledger',
  name: 'grün 🚢',
  owner: { user: 'ada', processId: 1, processStartTime: 'then' },
  createdAt: '2026-01-02T03:04:05.006Z',
};

/** What every creation of it gives. */
export const made: Reservations = { reservations: [reservation] };

/** A service in memory: what a test does not give works and finds nothing. */
export function fakeService(methods: Partial<PortService> = {}): PortService {
  return {
    provider: 'ledger',
    capabilities: {
      runtime: 'socket',
      persistent: 'ledger',
      yield: { tcp: 'ledger', udp: 'ledger' },
      handOver: 'reusePort',
    },
    create: async () => made,
    lookup: async () => made,
    list: async () => ({ reservations: [] }),
    release: async () => made,
    letGo: async () => {},
    close: async () => {},
    ...methods,
  } as PortService;
}

/** A connection over two streams in memory, its other end, and the lines of its log. */
export function connect(service = fakeService(), options: Partial<ConnectionOptions> = {}) {
  const [input, output, errors] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const lines: string[] = [];
  errors.on('data', (chunk: Buffer) => lines.push(chunk.toString()));
  const connection = new Connection({
    input,
    output,
    log: createLog(() => errors),
    provider: 'auto',
    platform: 'linux',
    openService: async () => service,
    onInitialize: () => {},
    ...options,
  });
  connection.listen();
  return { connection, peer: new RawPeer(output, input), output, log: () => lines.map((line) => JSON.parse(line)) };
}

/** A promise that a test settles itself. */
export function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
