/** How the program ends. `exec` ends with the code of the command it ran. */
export const exitCode = {
  done: 0,
  failed: 1,
  /** Of `apply --detailed-exitcode`. */
  changed: 2,
  usage: 64,
} as const;
