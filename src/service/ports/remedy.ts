import type { PortRange, Protocol, Remedy, Verdict } from '../../protocol/generated/contract.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import type { SystemCommands } from '../../providers/provider.ts';
import { type Findings, isPrivileged, listenersOf } from './verdict.ts';

/** What this machine has for a remedy. */
export interface Means {
  commands: SystemCommands;
  /** Whether ports can be kept out of automatic choice here. */
  canExclude: boolean;
}

type Action = NonNullable<Remedy['action']>;

const sentences: Record<Action, (ports: string) => string> = {
  release: (ports) => `Release the reservation ${ports}.`,
  exclude: (ports) => `Keep ${ports} out of automatic choice.`,
  restartNat: (ports) => `Keep ${ports} out of automatic choice, with WinNAT stopped meanwhile.`,
  reserve: (ports) => `Reserve ${ports} persistently.`,
};

function act(action: Action, protocol: Protocol, range: PortRange): Remedy {
  return { action, protocol, range, sentence: sentences[action](formatPorts(protocol, range)) };
}

const run = (command: string): Remedy => ({ run: command, sentence: `Run: ${command}` });

/** What frees the port, allows it, keeps it, or else shows more; nothing where nothing is wrong. */
export function remedyFor(verdict: Verdict, findings: Findings, { commands, canExclude }: Means): Remedy | undefined {
  const { protocol, facts, reservation } = findings;
  const { port, holders } = facts;
  const one = { startPort: port, numberOfPorts: 1 };
  switch (verdict) {
    case 'listening':
      return run(listenersOf({ holders, reservation })[0]?.end ?? commands.showHolders(protocol, port));
    case 'boundNotListening': {
      const connected = holders.find(({ holder }) => holder.state === 'connected');
      // What is closing goes by itself, and of what is not listed no command shows more.
      return connected && run(connected.end ?? commands.showHolders(protocol, port));
    }
    case 'reserved': {
      const holder = reservation!.owner?.processId;
      // Only its own worker can release it; its end frees the ports. One of a container is not to be named here.
      if (reservation!.lifetime === 'runtime' && !findings.isHeldHere) {
        return holder === undefined ? undefined : run(commands.endProcess(holder));
      }
      return act('release', protocol, reservation!.range);
    }
    case 'excludedBySystem':
      return act('restartNat', protocol, one);
    case 'privileged': {
      const allow = isPrivileged(findings) ? commands.allowPort?.(port) : undefined;
      return allow === undefined ? undefined : run(allow);
    }
    case 'inDynamicRange':
      return act(canExclude ? 'exclude' : 'reserve', protocol, one);
    case 'excludedByAdministrator':
    case 'free':
      return undefined;
  }
}
