import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { uptime } from 'node:os';
import { processIdentity } from '../machine/process-identity.ts';
import { parseProcessStat } from '../machine/process-stat.ts';
import { runningProcesses } from '../machine/running-processes.ts';
import { processNamespace } from '../machine/system-ids.ts';
import { unlessHidden } from '../machine/unless-hidden.ts';
import { bindPeerOf, type Peer } from '../native/linux/peer.ts';
import type { Owner } from '../protocol/generated/contract.ts';

/** A process that asked for ports. Its id alone may be another's later. */
export interface Asker {
  processId: number;
  /** The system's mark of when it started. */
  startTime: string | undefined;
}

/** Who is at the other end; undefined where the system does not say. */
export async function peerOf(socket: Socket, platform: NodeJS.Platform): Promise<Peer | undefined> {
  if (platform !== 'linux') return undefined;
  const { fd } = (socket as unknown as { _handle?: { fd?: number } })._handle ?? {};
  return fd === undefined || fd < 0 ? undefined : (await bindPeerOf())(fd);
}

/** The living process that a number of the peer's means, in its own process namespace; undefined where there is none. */
export async function askerOf(
  claimed: number,
  peer: Peer | undefined,
  platform: NodeJS.Platform,
): Promise<Asker | undefined> {
  const processId = peer && isElsewhere(peer) ? processThere(peer, claimed) : claimed;
  if (processId === undefined || processId < 1) return undefined;
  const { alive, startTime } = await processIdentity(processId, platform);
  return alive ? { processId, startTime } : undefined;
}

function isElsewhere({ processId }: Peer): boolean {
  if (processId === 0) return true;
  const theirs = processNamespace(processId);
  return theirs !== undefined && theirs !== processNamespace();
}

/** By which number we know the process that has this one in the peer's namespace; undefined where it is not seen from here. */
function processThere({ processId }: Peer, claimed: number): number | undefined {
  if (processId === 0) return undefined;
  if (numberThere(processId) === claimed) return processId;
  const theirs = processNamespace(processId);
  return runningProcesses().find((id) => processNamespace(id) === theirs && numberThere(id) === claimed);
}

/** The number of a process in the namespace that it is in. */
function numberThere(processId: number): number | undefined {
  const status = unlessHidden(() => readFileSync(`/proc/${processId}/status`, 'latin1'));
  const numbers = /^NSpid:(.*)$/m.exec(status ?? '')?.[1];
  return numbers === undefined ? undefined : Number(numbers.trim().split(/\s+/).at(-1));
}

/** Whether it still lives. */
export async function lives({ processId, startTime }: Asker, platform: NodeJS.Platform): Promise<boolean> {
  const now = await processIdentity(processId, platform);
  return now.alive && now.startTime === startTime;
}

/** What is recorded of the process in the place of this one's own id. */
export type NamedOwner = Required<Pick<Owner, 'processId'>> & Pick<Owner, 'processStartTime'>;

const ticksPerSecond = 100;

/** As whom its reservations are recorded. */
export function ownerOf(processId: number, platform: NodeJS.Platform): NamedOwner {
  if (platform !== 'linux') return { processId };
  const stat = unlessHidden(() => readFileSync(`/proc/${processId}/stat`, 'latin1'));
  if (stat === undefined) return { processId };
  const age = uptime() - Number(parseProcessStat(stat).startTicks) / ticksPerSecond;
  return { processId, processStartTime: new Date(Date.now() - age * 1000).toISOString() };
}
