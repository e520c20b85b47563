import type { Host } from '../../host.ts';
import { lineOf, userOf } from '../proc/process-facts.ts';
import type { SystemCommands } from '../provider.ts';

/** The commands of Linux, for whoever asks. */
export const linuxCommands = ({ processId: asker, userId }: Pick<Host, 'processId' | 'userId'>): SystemCommands => ({
  endProcess: (processId) => {
    if (processId === 1 || lineOf(asker).includes(processId)) return undefined;
    return `${userId === 0 || userOf(processId) === userId ? '' : 'sudo '}kill ${processId}`;
  },
  resetDynamicRange: () => 'sudo sysctl -w net.ipv4.ip_local_port_range="32768 60999"',
  showHolders: (protocol, port) => `sudo ss -${protocol === 'tcp' ? 't' : 'u'}anp 'sport = :${port}'`,
  allowPort: (port) => ({
    run: allowProgram,
    sentence: [
      `For one program, whose file takes the place of PROGRAM: ${allowProgram}`,
      `for one unit of systemd, in its [Service]: ${allowUnit}`,
      `for every program of every user, and all ports from ${port} on: sudo sysctl -w net.ipv4.ip_unprivileged_port_start=${port}`,
    ].join('; '),
  }),
});

const allowProgram = 'sudo setcap cap_net_bind_service=+ep "$(readlink -f "$(command -v PROGRAM)")"';
const allowUnit = 'AmbientCapabilities=CAP_NET_BIND_SERVICE';

/** The commands of macOS and its relatives. */
export const bsdCommands: SystemCommands = {
  endProcess: (processId) => `kill ${processId}`,
  resetDynamicRange: () => 'sudo sysctl net.inet.ip.portrange.first=49152 net.inet.ip.portrange.last=65535',
  showHolders: (protocol, port) => `sudo lsof -nP -i${protocol}:${port}`,
};
