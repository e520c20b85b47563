import type { Remedy } from '../protocol/generated/contract.ts';
import { formatRange } from '../protocol/ranges.ts';

type Action = NonNullable<Remedy['action']>;

const commands: Record<Action, (range: string) => string> = {
  release: (range) => `remove ${range}`,
  unexclude: (range) => `exclude remove ${range}`,
  exclude: (range) => `exclude add ${range}`,
  restartNat: (range) => `exclude add ${range} --restart-nat`,
  reserve: (range) => `new --persistent ${range}`,
  restore: (range) => `new --persistent ${range} --if-exists return`,
  inspect: (range) => `status ${range}`,
};

/** The remedy as a command line: one of this program's, or the system's. */
export function commandFor({ action, protocol, range, provider, run, sentence }: Remedy): string {
  if (run !== undefined) return run;
  if (!action || !range) return sentence;
  const block =
    action === 'reserve' || action === 'restore'
      ? `--start-port ${range.startPort}${range.numberOfPorts === 1 ? '' : ` --ports ${range.numberOfPorts}`}`
      : formatRange(range);
  const of = protocol === 'udp' ? ' --protocol udp' : '';
  return `portreservation ${commands[action](block)}${of}${provider ? ` --provider ${provider}` : ''}`;
}
