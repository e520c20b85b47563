import type { PortRange, Protocol, ProviderName, Remedy } from './generated/contract.ts';
import { formatPorts } from './ranges.ts';

type Action = NonNullable<Remedy['action']>;

const sentences: Record<Action, (ports: string) => string> = {
  release: (ports) => `Release the reservation ${ports}.`,
  unexclude: (ports) => `Remove the exclusion ${ports}.`,
  exclude: (ports) => `Keep ${ports} out of automatic choice.`,
  restartNat: (ports) => `Keep ${ports} out of automatic choice, with WinNAT stopped meanwhile.`,
  reserve: (ports) => `Reserve ${ports} persistently.`,
  restore: (ports) => `Ask again for the reservation ${ports}, so that the system has it again.`,
  inspect: (ports) => `Look at ${ports}.`,
};

/** Something of ours to do. */
export function toDo(action: Action, protocol: Protocol, range: PortRange, provider?: ProviderName): Remedy {
  const by = provider ? ` It takes the ${provider} provider.` : '';
  const sentence = `${sentences[action](formatPorts(protocol, range))}${by}`;
  return { action, protocol, range, ...(provider && { provider }), sentence };
}

/** A command of the system. @param stops what it stops besides what has the port */
export function toRun(command: string, stops?: string): Remedy {
  const also = stops === undefined ? '' : ` (also stops ${stops})`;
  return { run: command, ...(stops !== undefined && { stops }), sentence: `Run${also}: ${command}` };
}

/** How a hint ends where the caller may leave the choice of the ports to us. */
export const orFreePorts = ', or give none to get free ports';
