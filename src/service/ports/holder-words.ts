import type { PortHolder } from '../../protocol/generated/contract.ts';

const longestCommand = 100;

/** What the kernel has ports for, and where that shows. */
const ofKernel =
  'for an interface such as WireGuard or VXLAN, or a service such as NFS; look at: ip -d link; wg; rpcinfo -p';

/** A process as people name it: `node (process 4711, user ada, web.service)`. */
export function who({ processId, processName, user, service, container, unseen, executable }: PortHolder): string {
  if (unseen === 'kernel') return 'No process but the kernel itself';
  if (unseen === 'outside') return 'No process of this container, but the kernel or a process outside,';
  if (unseen === 'ended') return `A process that process ${processId} started, which has ended itself,`;
  if (processId === undefined) {
    return user === undefined ? 'A socket of no process' : `A process of user ${user} that this user may not look at`;
  }
  const name = processName ?? executable;
  const facts = [name && `process ${processId}`, user && `user ${user}`, service, container].filter(Boolean);
  return `${name ?? `Process ${processId}`}${facts.length > 0 ? ` (${facts.join(', ')})` : ''}`;
}

/** What tells it from others of the same program: `; it was started as "node server.js" in /srv/web`. */
export function startedAs({ commandLine, workingDirectory, unseen, kernelUse }: PortHolder): string {
  if (kernelUse !== undefined) return `, for ${kernelUse}`;
  if (unseen === 'kernel' || unseen === 'outside') return `, ${ofKernel}`;
  if (!commandLine) return '';
  const shown = commandLine.length > longestCommand ? `${commandLine.slice(0, longestCommand)}...` : commandLine;
  return `; it was started as "${shown}"${workingDirectory ? ` in ${workingDirectory}` : ''}`;
}
