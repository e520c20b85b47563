// What an old Node has to read before all else: no syntax and no module that Node 16 does not have.
import { oldestNode } from './protocol/generated/node.ts';

/** How a program ends where Node is too old; EX_UNAVAILABLE of sysexits.h. */
export const exitCodeOfOldNode = 69;

/** Why this version of Node cannot run us; undefined where it can. */
export function whyTooOld(version: string): string | undefined {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldestNode.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return `PortReservation needs Node ${oldestNode} or newer, and this is Node ${version}: nothing was done.`;
}
