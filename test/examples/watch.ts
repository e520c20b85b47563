import { onTestFinished } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { startWorker } from '../../src/rpc/client/client.ts';

const portsOf = ({ protocol, range }: Reservation): string[] =>
  Array.from({ length: range.numberOfPorts }, (_, index) => `${protocol} ${range.startPort + index}`);

/** A worker that is told of all that others reserve, and what it has seen: how many ports, and those that two had at once. */
export async function watchForDuplicates(env: NodeJS.ProcessEnv): Promise<{ seen: number; twice: string[] }> {
  const found = { seen: 0, twice: [] as string[] };
  const held = new Map<string, number>();
  const worker = await startWorker({
    env,
    provider: 'ledger',
    onReservationChanged: ({ added, removed }) => {
      for (const port of removed.flatMap(portsOf)) held.set(port, held.get(port)! - 1);
      for (const port of added.flatMap(portsOf)) {
        held.set(port, (held.get(port) ?? 0) + 1);
        found.seen++;
        if (held.get(port)! > 1) found.twice.push(port);
      }
    },
  });
  onTestFinished(() => worker.close());
  return found;
}
