import type { Remedy } from '../protocol/generated/contract.ts';
import { formatRange } from '../protocol/ranges.ts';

/** What is typed for a remedy: a command of this program, or the system's own. */
export function commandFor({ action, protocol, range, run, sentence }: Remedy): string {
  if (!action || !protocol || !range) return run ?? sentence;
  const of = protocol === 'tcp' ? '' : ` --protocol ${protocol}`;
  const { startPort, numberOfPorts } = range;
  const words = {
    release: `remove ${formatRange(range)}`,
    exclude: `exclude add ${formatRange(range)}`,
    restartNat: `exclude add ${formatRange(range)}`,
    reserve: `new --persistent --start-port ${startPort}${numberOfPorts === 1 ? '' : ` --ports ${numberOfPorts}`}`,
  }[action];
  return `portreservation ${words}${of}${action === 'restartNat' ? ' --restart-nat' : ''}`;
}
