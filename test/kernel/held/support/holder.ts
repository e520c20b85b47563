import { createInterface } from 'node:readline';
import type { ServiceError } from '../../../../src/protocol/errors.ts';
import { firstPortInUse } from '../../../../src/providers/sockets/bind-ports.ts';
import { HeldPorts } from '../../../../src/providers/sockets/held-ports.ts';
import type { HolderCall } from './start-holder.ts';

// A process that holds ports: one call as a JSON line in, one answer as a JSON line out.
const held = new HeldPorts();

async function answer({ method, protocol, range, user }: HolderCall): Promise<unknown> {
  if (method === 'user') return process.setuid!(user!);
  if (method === 'inUse') return firstPortInUse(protocol!, range!);
  return held[method](protocol!, range!);
}

for await (const line of createInterface({ input: process.stdin })) {
  const reply = await answer(JSON.parse(line)).then(
    (result) => ({ result }),
    ({ errorName, message, facts }: ServiceError) => ({ error: { errorName, message, facts } }),
  );
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
