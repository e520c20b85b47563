import { createServer } from 'node:http';
import {
  getPort,
  type HeldReservation,
  listenOn,
  PortWaitError,
  portNumbers,
  reserve,
  waitForPort,
} from 'portreservation';
import getPortOfDropIn, { clearLockedPorts, type Options } from 'portreservation/get-port';
import { portsForWorkers, workerPorts } from 'portreservation/vitest';

export async function main(): Promise<void> {
  const block: HeldReservation = await reserve({ protocol: ['tcp', 'udp'] });
  const port: number = await block.listen(createServer(), { host: '127.0.0.1', reusePort: true });
  await listenOn(createServer(), { port });
  const wanted: Options = { port: portNumbers(3000, 3010), exclude: [3001] };
  const ports: number[] = [await getPort(), await getPortOfDropIn(wanted)];
  clearLockedPorts();
  await waitForPort(ports[0]!, { timeout: 1000 }).catch(
    (error) => error instanceof PortWaitError && error.status?.verdict,
  );
  // @ts-expect-error: the types say which protocols there are
  await reserve({ protocol: 'sctp' });
  const own: readonly number[] = workerPorts();
  const setup = portsForWorkers({ portsPerWorker: own.length });
  const teardown = await setup();
  await teardown();
}
