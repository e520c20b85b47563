/** How each of our programs ends; with an old Node as oldest-node.ts says. `exec` ends with the code of the command it ran. */
export const exitCode = {
  done: 0,
  failed: 1,
  /** Of `apply --detailed-exitcode`. */
  changed: 2,
  /** Wrong arguments or input; EX_USAGE of sysexits.h. */
  usage: 64,
  /** A fault of ours; EX_SOFTWARE of sysexits.h. */
  internal: 70,
} as const;
