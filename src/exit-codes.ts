/** How each of our programs ends. `exec` ends with the code of the command it ran. */
export const exitCode = {
  done: 0,
  failed: 1,
  /** Of `apply --detailed-exitcode`. */
  changed: 2,
  /** Wrong arguments or input; EX_USAGE of sysexits.h. */
  usage: 64,
  /** The Node that runs it is too old; EX_UNAVAILABLE of sysexits.h. */
  oldNode: 69,
  /** A fault of ours; EX_SOFTWARE of sysexits.h. */
  internal: 70,
} as const;
