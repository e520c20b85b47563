import type { SystemCommands } from '../provider.ts';

export const endProcess = (processId: number): string => `Stop-Process -Id ${processId} -Force`;

/** The commands of Windows, for an elevated PowerShell. */
export const windowsCommands: SystemCommands = {
  endProcess,
  resetDynamicRange: (protocol) => `netsh interface ipv4 set dynamicport ${protocol} start=49152 num=16384`,
  showHolders: (protocol, port) => `Get-Net${protocol === 'tcp' ? 'TCPConnection' : 'UDPEndpoint'} -LocalPort ${port}`,
};
