import type { SystemCommands } from '../provider.ts';

/** The commands of Windows, for an elevated prompt. */
export const windowsCommands: SystemCommands = {
  resetDynamicRange: (protocol) => `netsh interface ipv4 set dynamicport ${protocol} start=49152 num=16384`,
};
