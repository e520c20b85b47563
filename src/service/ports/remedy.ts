import type { Verdict } from '../../protocol/generated/contract.ts';
import type { SystemCommands } from '../../providers/provider.ts';
import { type Findings, isPrivileged, listenersOf } from './verdict.ts';

const title = (word: string) => word[0]!.toUpperCase() + word.slice(1);

/** The one command that frees the port, allows it, keeps it, or else shows more; none where nothing is wrong. */
export function remedyFor(verdict: Verdict, findings: Findings, commands: SystemCommands): string | undefined {
  const { protocol, facts, reservation } = findings;
  const { port, holders } = facts;
  switch (verdict) {
    case 'listening':
      return listenersOf({ holders, reservation })[0]?.end ?? commands.showHolders(protocol, port);
    case 'boundNotListening': {
      const connected = holders.find(({ holder }) => holder.state === 'connected');
      // What is closing goes by itself, and of what is not listed no command shows more.
      return connected && (connected.end ?? commands.showHolders(protocol, port));
    }
    case 'reserved': {
      const holder = reservation!.lifetime === 'runtime' && reservation!.owner?.processId;
      // Only its own worker can release it; its end frees the ports.
      if (holder && !findings.isHeldHere) return commands.endProcess(holder);
      const { startPort, numberOfPorts } = reservation!.range;
      const count = numberOfPorts === 1 ? '' : ` -NumberOfPorts ${numberOfPorts}`;
      return `Remove-PortReservation -Protocol ${title(protocol)} -StartPort ${startPort}${count}`;
    }
    case 'excludedBySystem':
      return commands.takeFromSystem?.(protocol, port);
    case 'privileged':
      return isPrivileged(findings) ? commands.allowPort?.(port) : undefined;
    case 'inDynamicRange':
      return (
        commands.excludePort?.(protocol, port) ??
        `New-PortReservation -Protocol ${title(protocol)} -StartPort ${port} -Persistent`
      );
    case 'excludedByAdministrator':
    case 'free':
      return undefined;
  }
}
