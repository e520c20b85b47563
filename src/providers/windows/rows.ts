import type { ExcludedRow } from './excluded-port-ranges.ts';

/**
 * Whether a row can be one of WinNAT's, which are gone while it is stopped: they are blocks of many ports. HTTP.sys and
 * published ports of Windows containers have one each.
 */
export const canBeNats = ({ administered, range }: ExcludedRow): boolean => !administered && range.numberOfPorts > 1;

/** Whose a row without a star may be; netsh does not say. */
export const ownerOf = (row: ExcludedRow): string =>
  canBeNats(row)
    ? 'a driver or another program, most often WinNAT for Hyper-V, WSL or Docker'
    : 'one program: HTTP.sys (IIS and others), a published port of a Windows container, or a reservation';
