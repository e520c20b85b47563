import { readlinkSync } from 'node:fs';
import { unlessHidden } from '../../machine/unless-hidden.ts';
import type { PortHolder } from '../../protocol/generated/contract.ts';

/** PROC_PID_INIT_INO: the first process namespace of a machine. */
const firstNamespace = 'pid:[4026531836]';

/** Whether there are no processes but those that this one may see. */
const seesTheMachine = (): boolean => unlessHidden(() => readlinkSync('/proc/self/ns/pid')) === firstNamespace;

/**
 * Why no process is seen that has a socket.
 * @param isPartial whether there were processes that this user may not look at
 */
export function whyUnseen(
  ownerId: number,
  { userId, isPartial }: { userId: number | undefined; isPartial: boolean },
): NonNullable<PortHolder['unseen']> {
  // Where /proc hides the others', all that is seen is one's own.
  const isHidden = userId !== 0 && userId !== ownerId;
  if (isPartial || isHidden) return 'noRights';
  return seesTheMachine() ? 'kernel' : 'outside';
}
