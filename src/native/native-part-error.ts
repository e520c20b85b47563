/** The program's native code cannot be had; nothing that asks the system can be done without it. */
export class NativePartError extends Error {
  readonly code = 'ERR_NATIVE_PART';
  /** What to do. */
  readonly hint: string;

  constructor(message: string, hint: string, cause: unknown) {
    super(message, { cause });
    this.name = 'NativePartError';
    this.hint = hint;
  }
}

const others = 'Use the program on a system that it has native code for, or a worker on another machine.';

/** There is none for this platform, of those that there are. */
export const notCarried = (platform: string, carried: readonly string[], cause: unknown): NativePartError =>
  new NativePartError(
    `There is no native code for ${platform}, only for ${[...carried].sort().join(', ')}.`,
    others,
    cause,
  );

/** The folder is not where it belongs. */
export const leftBehind = (folder: string, cause: unknown): NativePartError =>
  new NativePartError(
    `The native code is missing: there is no ${folder}.`,
    'Copy the program with all the folders beside it, or install it again.',
    cause,
  );

/** The system does not load it. */
export function notLoaded(cause: Error, platform: NodeJS.Platform): NativePartError {
  const [said = ''] = cause.message.split(/\r?\n/);
  return new NativePartError(
    `The native code cannot be loaded: ${said.replace(/\.+$/, '')}.`,
    wayOut(said, platform),
    cause,
  );
}

function wayOut(said: string, platform: NodeJS.Platform): string {
  if (/libstdc\+\+|libgcc/.test(said))
    return 'Install the library of C++ that it needs, on Alpine by `apk add libstdc++`.';
  if (/failed to map segment|Operation not permitted/.test(said)) {
    return 'Its folder may be on a file system that is mounted noexec, or a policy refuses it: install the program elsewhere.';
  }
  if (platform === 'win32') {
    return (
      'A policy may refuse what is not signed, as Smart App Control and App Control for Business do; the log ' +
      'Microsoft-Windows-CodeIntegrity/Operational says so by event 3077. Have koffi.node of this program allowed. ' +
      'What only netsh tells, exclusions and dynamic ranges, can be listed without it.'
    );
  }
  return others;
}
