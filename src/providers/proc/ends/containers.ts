import { accessSync, constants, readFileSync } from 'node:fs';
import { unlessHidden } from '../../../machine/unless-hidden.ts';
import type { Protocol, Remedy } from '../../../protocol/generated/contract.ts';
import { toRun } from '../../../protocol/remedies.ts';
import { processesOfGroup } from '../control-group.ts';

/** What ends a container, or why nothing here does. */
export interface ContainerEnd {
  command?: string;
  stops?: string;
  note?: string;
}

const mayTalkToDocker = (): boolean =>
  unlessHidden(() => {
    accessSync('/var/run/docker.sock', constants.W_OK);
    return true;
  }) ?? false;

/** How docker is called by this user. */
const docker = (userId: number | undefined): string => (userId === 0 || mayTalkToDocker() ? 'docker' : 'sudo docker');

/** How podman is called, by whom the container is and whoever asks. */
export function podmanOf(ownerId: number | undefined, userId: number | undefined): string {
  if (ownerId === userId) return 'podman';
  if (!ownerId) return userId === 0 ? 'podman' : 'sudo podman';
  return `sudo -u '#${ownerId}' XDG_RUNTIME_DIR=/run/user/${ownerId} podman`;
}

const rootlessUser = /\/user-(\d+)\.slice\//;

/**
 * What ends the container, by its engine and as the user whose it is.
 * @param container engine and id
 * @param having the processes in it that have the port
 */
export function endOfContainer(container: string, having: readonly number[], userId: number | undefined): ContainerEnd {
  const [engine, id] = container.split(' ') as [string, string];
  const text = unlessHidden(() => readFileSync(`/proc/${having[0]}/cgroup`, 'utf8')) ?? '';
  const others = [...(processesOfGroup(text) ?? [])].filter((one) => !having.includes(one)).length;
  const stops = others > 0 ? { stops: `the other processes of the container (${others})` } : {};
  switch (engine) {
    case 'docker':
      return { command: `${docker(userId)} stop ${id}`, ...stops };
    case 'podman': {
      const owner = Number(rootlessUser.exec(text)?.[1] ?? 0);
      return { command: `${podmanOf(owner, userId)} stop ${id}`, ...stops };
    }
    default:
      return { note: `it is the container ${id} of a pod, which is started again until what made the pod is changed` };
  }
}

/** Stops the container whose port docker publishes there: its proxy alone would be missed, and docker has others. */
export function endOfPublished(protocol: Protocol, port: number, userId: number | undefined): Remedy {
  const command = docker(userId);
  const publish = protocol === 'tcp' ? `${port}` : `${port}/udp`;
  return toRun(`${command} stop $(${command} ps -q --filter publish=${publish})`);
}
