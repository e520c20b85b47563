import type { SystemCommands } from '../provider.ts';

/** The commands of Linux. */
export const linuxCommands: SystemCommands = {
  resetDynamicRange: () => 'sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
};

/** The commands of macOS and its relatives. */
export const bsdCommands: SystemCommands = {
  resetDynamicRange: () => 'sudo sysctl net.inet.ip.portrange.first=49152 net.inet.ip.portrange.last=65535',
};
