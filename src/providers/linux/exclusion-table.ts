import type { ExclusionRecord, Protocol } from '../../protocol/generated/contract.ts';
import { common, isEmpty, minus, PortSet, union } from '../../protocol/port-set.ts';
import type { SystemExclusion } from '../excluder.ts';
import { excludedBy, portsMarked } from './marks.ts';
import { readOwnText } from './own-file.ts';
import type { State } from './plan.ts';
import { assignedPorts, assignmentsOfOthers, portsOfOthers, type SysctlPaths } from './sysctl-files.ts';

/** What people call the kernel's list. */
export const listName = 'net.ipv4.ip_local_reserved_ports';

/** The kernel's list may hold it, and it stands for no port. */
const portZero = PortSet.of([{ startPort: 0, numberOfPorts: 1 }]);

/**
 * Whether the exclusion is there. A persistent one is as long as it is recorded, because the next change completes it;
 * one until the next restart is while the kernel has all of it.
 */
const isThere = ({ store, range }: ExclusionRecord, live: PortSet): boolean =>
  store === 'persistent' || isEmpty(minus(PortSet.of([range]), live));

/**
 * The exclusions of one protocol: the recorded ones, those our file notes for another ledger, and those of others, which
 * are for both protocols. What is kept by a reservation of ours is left out, and so is what is ours for the other protocol.
 */
export function exclusionsIn(
  state: State,
  { protocol, recorded, paths }: { protocol: Protocol; recorded: readonly ExclusionRecord[]; paths: SysctlPaths },
): SystemExclusion[] {
  const { own, live, others } = state;
  const found: SystemExclusion[] = [];
  const put = (entry: Pick<SystemExclusion, 'range' | 'store' | 'source'>) =>
    void found.push({ protocol, administered: true, ...entry });
  const there = recorded.filter((record) => isThere(record, live));
  for (const { range, store } of there.filter((record) => record.protocol === protocol)) {
    put({ range, store, source: listName });
  }
  const ours = portsMarked(excludedBy(there));
  const reserved = portsMarked(own.marks, ['reserved tcp', 'reserved udp']);
  let told = union(ours, reserved, portZero);
  const tell = (ports: PortSet, source: string, store: SystemExclusion['store']) => {
    for (const range of minus(ports, told).ranges()) put({ range, store, source });
    told = union(told, ports);
  };
  tell(own.marks[`excluded ${protocol}`], paths.own, 'persistent');
  tell(common(own.marks[`excluded ${protocol} until restart`], live), listName, 'active');
  told = union(told, portsMarked(own.marks));
  for (const { file, ports } of [...others.before, ...others.after]) tell(ports, file, 'persistent');
  tell(own.added, paths.own, 'persistent');
  tell(live, listName, 'active');
  return found;
}

/** The ports that files keep out of automatic choice from the next restart on, too. */
export const lastingPorts = (paths: SysctlPaths): PortSet =>
  union(assignedPorts(readOwnText(paths.own) ?? '') ?? new PortSet(), portsOfOthers(assignmentsOfOthers(paths)));
