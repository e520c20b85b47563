import type { Protocol, Remedy } from '../../../protocol/generated/contract.ts';
import { toRun } from '../../../protocol/remedies.ts';
import { programOf, userOf } from '../process-facts.ts';
import { endOfPublished, podmanOf } from './containers.ts';

/** What frees a port that a relay passes on to a container, and what is to be said of it. */
interface RelayEnd {
  end?: Remedy;
  note: string;
}

const containerId = /^[0-9a-f]{64}$/;

/** What relays for containers without root's rights: they do not say for which. */
const rootless = new Set(['rootlessport', 'rootlessport-ch', 'rootlesskit', 'slirp4netns', 'pasta', 'pasta.avx2']);

const isProgram = (processId: number, name: string): boolean => {
  const { comm, executable } = programOf(processId);
  return comm === name || executable.endsWith(`/${name}`);
};

/**
 * The other end of a relay: its own would be missed, or it has other ports too. Undefined where none of the processes is one.
 */
export function endOfRelay(
  processIds: readonly number[],
  { protocol, port, userId }: { protocol: Protocol; port: number; userId: number | undefined },
): RelayEnd | undefined {
  if (processIds.some((id) => isProgram(id, 'docker-proxy'))) {
    const end = endOfPublished(protocol, port, userId);
    return { end, note: 'docker publishes a port of a container there' };
  }
  const monitor = processIds.find((id) => isProgram(id, 'conmon'));
  if (monitor !== undefined) {
    const container = programOf(monitor).argv.find(
      (word, index, words) => words[index - 1] === '-c' && containerId.test(word),
    );
    const note = 'podman publishes a port of a container there';
    if (container === undefined) return { note };
    return { end: toRun(`${podmanOf(userOf(monitor), userId)} stop ${container.slice(0, 12)}`), note };
  }
  if (processIds.some((id) => rootless.has(programOf(id).comm))) {
    return {
      note: 'it relays to a container of that user: podman ps or docker ps names it, and stopping that frees the port',
    };
  }
  return undefined;
}
