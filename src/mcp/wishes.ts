import { createHash } from 'node:crypto';
import type { PortRange } from '../protocol/generated/contract.ts';
import { PortSet } from '../protocol/port-set.ts';
import { defaultWindow, nextHole, portsToAvoid } from '../service/ports/choose.ts';

const mostWishes = 16;

/**
 * Where a folder that has had no ports yet would like to have them: always the same places for the same folder and purpose,
 * so that it gets them again even where its pin is lost, in a new container for one.
 *
 * @param taken what others have, or are to have again
 */
export function* wishes(
  { folder, label, numberOfPorts }: { folder: string; label: string; numberOfPorts: number },
  dynamicRange: PortRange,
  taken: Iterable<PortRange>,
): Generator<number> {
  const window = defaultWindow(dynamicRange, numberOfPorts);
  const none = new PortSet();
  const unseen = { inUse: none, excluded: none, redirected: none, announced: none };
  const avoid = portsToAvoid(unseen, taken, { numberOfPorts, isChosenHere: true });
  const starts = window.numberOfPorts - numberOfPorts + 1;
  for (let n = 0; n < mostWishes; n++) {
    const hash = createHash('sha256').update(`${folder}\0${label}\0${n}`).digest().readUInt32BE();
    const hole = nextHole(avoid, window, numberOfPorts, window.startPort + (hash % starts));
    if (!hole) return;
    yield hole.startPort;
    avoid.addRange(hole);
  }
}
