import { ServiceError } from '../../protocol/errors.ts';
import type { Reservation } from '../../protocol/generated/contract.ts';
import { PortSet } from '../../protocol/port-set.ts';
import { longestWrite } from './live-list.ts';
import { formatOwnFile, type OwnFile, type Reserved, valueIn } from './own-file.ts';
import { common, isEmpty, minus, union } from './port-list.ts';
import type { State } from './state.ts';
import { portsOfOthers } from './sysctl-files.ts';

/** What has to be done to the live list and to our file. */
export interface Plan {
  readonly add: PortSet;
  readonly remove: PortSet;
  /** The new text of our file; undefined: no file. */
  readonly text: string | undefined;
  readonly changesFile: boolean;
  /** Whether it is more than repeating what others' files set now. */
  readonly changesOurs: boolean;
}

/** The ports of these reservations, by protocol. */
export function reservedBy(reservations: readonly Pick<Reservation, 'protocol' | 'range'>[]): Reserved {
  const of = (protocol: string) => reservations.filter((item) => item.protocol === protocol).map(({ range }) => range);
  return { tcp: PortSet.of(of('tcp')), udp: PortSet.of(of('udp')) };
}

const all = ({ tcp, udp }: Reserved): PortSet => union(tcp, udp);

/**
 * Our file as it should be. Others' entries are repeated as they are now; if that makes the list too long and nothing of
 * ours is new, as they were, so that others' long lists never keep a reservation from being released.
 */
function nextContent({ own, others }: State, reserved: Reserved, freed: PortSet, grows: boolean): OwnFile {
  const copied = portsOfOthers(others);
  const added = minus(own.added, reserved.tcp, reserved.udp, freed);
  const content = { ...own, reserved, copied, added };
  const length = valueIn(content).length;
  if (length <= longestWrite) return content;
  if (!grows) {
    const unrefreshed = { ...content, copied: own.copied };
    if (valueIn(unrefreshed).length <= Math.max(longestWrite, valueIn(own).length)) return unrefreshed;
  }
  throw new ServiceError(
    'NotSupported',
    `The list of reserved ports would be ${length} bytes long; what sets it at a restart keeps ${longestWrite} bytes and loses the rest.`,
    { hint: 'Release reservations, or reserve ranges side by side: neighbours become one entry of the list.' },
  );
}

/**
 * The way from this state to one with the ports of `reserve` and without those of `free`.
 * @throws ServiceError NotSupported when the list would get too long
 */
export function planChange(state: State, reserve: Reserved, free: Reserved): Plan {
  const { own, live, others } = state;
  const reserved = {
    tcp: minus(union(own.reserved.tcp, reserve.tcp), free.tcp),
    udp: minus(union(own.reserved.udp, reserve.udp), free.udp),
  };
  const differs = (a: Reserved, b: Reserved) => !isEmpty(minus(a.tcp, b.tcp)) || !isEmpty(minus(a.udp, b.udp));
  const grows = differs(reserved, own.reserved);
  const content = nextContent(state, reserved, all(free), grows);
  const add = minus(all(reserved), live);
  const remove = common(minus(all(free), all(reserved), portsOfOthers(others)), live);
  const text = formatOwnFile(content);
  const changesOurs = grows || differs(own.reserved, reserved) || !isEmpty(add) || !isEmpty(remove);
  return { add, remove, text, changesFile: text !== state.text, changesOurs };
}
