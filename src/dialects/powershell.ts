import type { PortRange, Protocol, Remedy } from '../protocol/generated/contract.ts';

type Action = NonNullable<Remedy['action']>;

const title = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);

function placeOf(protocol: Protocol, { startPort, numberOfPorts }: PortRange): string {
  const more = numberOfPorts === 1 ? '' : ` -NumberOfPorts ${numberOfPorts}`;
  return `-Protocol ${title(protocol)} -StartPort ${startPort}${more}`;
}

const cmdlets: Record<Action, (place: string, start: string) => string> = {
  release: (place) => `Remove-PortReservation ${place}`,
  exclude: (place) => `New-PortExclusion ${place}`,
  restartNat: (place) => `New-PortExclusion ${place} -RestartNat`,
  unexclude: (place) => `Remove-PortExclusion ${place}`,
  restore: (place) => `New-PortReservation ${place} -Persistent -IfExists Return`,
  inspect: (_, start) => `Get-PortStatus ${start}`,
  reserve: (place) => `New-PortReservation ${place} -Persistent`,
};

/** The remedy as it is typed in PowerShell. */
export function cmdletFor({ action, protocol = 'tcp', range, run, sentence }: Remedy): string {
  if (run !== undefined)
    return run.replace(/^kill ([\d ]+)$/, (_, ids: string) => `Stop-Process -Id ${ids.trim().replace(/ /g, ', ')}`);
  if (!action || !range) return sentence;
  const start = `${range.startPort}${protocol === 'udp' ? ' -Protocol Udp' : ''}`;
  return cmdlets[action](placeOf(protocol, range), start);
}

const phrases: readonly [string, string][] = [
  ['List the reservations to see them.', 'Get-PortReservation lists them.'],
  ['List the exclusions to see them.', 'Get-PortExclusion lists them.'],
  ['Release the reservation instead.', 'Use Remove-PortReservation.'],
  ['Remove it with force if you know', 'Use -Force if you know'],
  ['from an elevated process', 'from an elevated session'],
  ['(restartNat)', '(-RestartNat)'],
  ['Leave restartNat out.', 'Leave -RestartNat out.'],
];

/** A hint as it is said in PowerShell. */
export const inPowerShell = (hint: string): string =>
  phrases.reduce((text, [theirs, ours]) => text.replaceAll(theirs, ours), hint);
