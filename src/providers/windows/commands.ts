import type { SystemCommands } from '../provider.ts';

export const endProcess = (processId: number): string => `Stop-Process -Id ${processId} -Force`;

const families = ['ipv4', 'ipv6'];
const protocols = ['tcp', 'udp'];

/** All four: that one family's setting is the other's as well is not documented, and blocks for WinNAT are of both protocols. */
const resetDynamicRanges = families
  .flatMap((family) => protocols.map((one) => `netsh interface ${family} set dynamicport ${one} start=49152 num=16384`))
  .join('; ');

/** The commands of Windows, for an elevated PowerShell. */
export const windowsCommands: SystemCommands = {
  endProcess,
  resetDynamicRange: () => resetDynamicRanges,
  // WinNAT takes its blocks from there at its start.
  afterDynamicRange:
    'Then restart Windows: WinNAT and all that took ports of the old range keep them until they start anew.',
  showHolders: (protocol, port) => `Get-Net${protocol === 'tcp' ? 'TCPConnection' : 'UDPEndpoint'} -LocalPort ${port}`,
};
