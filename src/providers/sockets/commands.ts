import type { SystemCommands } from '../provider.ts';

/** The commands of Linux. */
export const linuxCommands: SystemCommands = {
  endProcess: (processId) => `kill ${processId}`,
  resetDynamicRange: () => 'sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
  showHolders: (protocol, port) => `sudo ss -${protocol === 'tcp' ? 't' : 'u'}anp 'sport = :${port}'`,
  allowPort: (port) => `sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`,
};

/** The commands of macOS and its relatives. */
export const bsdCommands: SystemCommands = {
  endProcess: (processId) => `kill ${processId}`,
  resetDynamicRange: () => 'sudo sysctl net.inet.ip.portrange.first=49152 net.inet.ip.portrange.last=65535',
  showHolders: (protocol, port) => `sudo lsof -nP -i${protocol}:${port}`,
};
