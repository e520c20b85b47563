import type { PortRange, Protocol, Remedy } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import { toRun } from '../../protocol/remedies.ts';

/** A range that Windows refuses, although no process has a socket there and netsh shows no row. */
export interface HiddenRange {
  range: PortRange;
  /** What a bind is refused with. */
  code: number;
  /** Whether Windows itself lists it as a guest's; otherwise binds found out how far it goes. */
  isListed: boolean;
}

const wayOut =
  'wsl --shutdown frees it until WSL starts again, networkingMode=nat in .wslconfig for good; ignoredPorts there is for single ports.';

/** What it most likely is, one sentence without its end. */
export function hiddenWords(protocol: Protocol, { range, code, isListed }: HiddenRange): string {
  const ports = formatPorts(protocol, range);
  return isListed
    ? `Windows keeps ${ports} for a guest, which netsh does not show: a virtual machine or container that shares its addresses, most likely WSL with mirrored networking`
    : `Windows refuses all of ${ports} (${code}), although no process has a socket there and netsh shows no row: most likely WSL keeps it for its mirrored networking`;
}

/** How it is had back. */
export const hiddenHint = `Choose ports outside of it. If it is WSL's: ${wayOut}`;

/** The same of a port, as a sentence's continuation. */
export const hiddenWayOut = wayOut.replace(/\.$/, '');

export const endOfWsl = (): Remedy => toRun('wsl --shutdown', 'all that runs in WSL');
