import type { Instance } from './resource.ts';

const isThere = ({ _exist = true }: Instance) => _exist;

/**
 * The properties in which the current instance is not as desired. What is not asked for is as desired; of what is not to
 * be there, nothing else counts.
 */
export function differencesOf<T extends Instance>(
  desired: T,
  current: T,
  properties: readonly (keyof T & string)[],
): string[] {
  const asked = properties.filter((property) => desired[property] !== undefined);
  if (isThere(desired) !== isThere(current)) return ['_exist', ...(isThere(desired) ? asked : [])];
  return isThere(desired) ? asked.filter((property) => desired[property] !== current[property]) : [];
}
