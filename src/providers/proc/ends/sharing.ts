import { parentOf, programOf } from '../process-facts.ts';

/** Whether a process is a copy of its parent, as the workers of a forking server are: it was never anything else. */
function isForkOf(parent: number, processId: number): boolean {
  const [mine, its] = [programOf(processId), programOf(parent)];
  return mine.executable !== '' && mine.executable === its.executable && mine.argv.join('\0') === its.argv.join('\0');
}

/**
 * The processes with those that would start them again: the first of a forking server, whose workers have the port.
 * @param kept are never among them
 */
export function withForkers(processIds: readonly number[], kept: ReadonlySet<number>): number[] {
  const all = new Set(processIds);
  for (const processId of processIds) {
    let at = processId;
    for (let parent = parentOf(at); parent !== undefined && parent !== 1 && !kept.has(parent); parent = parentOf(at)) {
      if (!all.has(parent) && !isForkOf(parent, at)) break;
      all.add(parent);
      at = parent;
    }
  }
  return parentsFirst([...all]);
}

/** A parent that is told first starts nothing again. */
function parentsFirst(processIds: readonly number[]): number[] {
  const all = new Set(processIds);
  const depth = (processId: number): number => {
    const parent = parentOf(processId);
    return parent !== undefined && parent !== processId && all.has(parent) ? depth(parent) + 1 : 0;
  };
  return [...processIds].sort((a, b) => depth(a) - depth(b) || a - b);
}
