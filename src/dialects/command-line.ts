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

const phrases: readonly [RegExp, string][] = [
  [/List the reservations to see them\./g, 'portreservation get lists them.'],
  [/List the exclusions to see them\./g, 'portreservation exclude list lists them.'],
  [/Release the reservation instead\./g, 'portreservation remove frees the reservation.'],
  [/Remove it with force if you know/g, 'Use --force if you know'],
  [/Release it through the (\w+) provider\./g, 'Add --provider $1.'],
  [/Start the worker with --provider (\w+)\./g, 'Add --provider $1.'],
  [
    /Release it in (?:a )?process (\d+)(.*?), or end the process there: its ports are free at once then\./g,
    'Its ports are free when that program ends$2: kill $1',
  ],
  [
    /Release it in .*?, or end the process there: its ports are free at once then\./g,
    'Its ports are free when that program ends.',
  ],
  [/as root or from an elevated process/g, 'with sudo, or from an elevated prompt'],
  [/from an elevated process/g, 'from an elevated prompt'],
  [/in every elevated process/g, 'for every elevated program'],
  [/from an elevated session/g, 'from an elevated prompt'],
  [/an elevated session can/g, 'an elevated prompt can'],
  [/Leave restartNat out\./g, 'Leave --restart-nat out.'],
  [/\(restartNat\)/g, '(--restart-nat)'],
  [/\bwith restartNat\b/g, 'with --restart-nat'],
  [/Leave the enforcement out/g, 'Leave --enforcement out'],
  [/\bstarted with a hold of (\w+)/g, 'started with --hold $1'],
  [/Hold with yield\b/g, 'Use --hold yield'],
  [/Use the provider (\w+), or auto, which chooses it\./g, 'Leave --provider out, or give --provider $1.'],
  [/or the ledger provider/g, 'or --provider ledger'],
  [/End other workers with runtime reservations/g, 'End other programs with runtime reservations'],
  [/\banother worker\b/g, 'another program'],
  [/, or a worker on another machine\b/g, ''],
  [/\bThis worker\b/g, 'This program'],
  [/\bworkers\b/g, 'programs'],
  [/\bworker\b/g, 'program'],
  [/\bthis session itself\b/g, 'this program itself'],
];

/** A hint, or another sentence of the service, as it is said to who types commands in a shell. What is in quotes is a name. */
export const inCommandLine = (sentence: string): string =>
  sentence.replace(/"[^"]*"|[^"]+/g, (part) =>
    part.startsWith('"') ? part : phrases.reduce((text, [theirs, ours]) => text.replace(theirs, ours), part),
  );
