/** The command could not be run; the exit code is the one that shells have for it. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(command: string, cause: NodeJS.ErrnoException) {
    const isMissing = cause.code === 'ENOENT' || command === '';
    super(`${JSON.stringify(command)} ${isMissing ? 'was not found' : `cannot be run: ${cause.message}`}.`, { cause });
    this.name = 'CommandError';
    this.exitCode = isMissing ? 127 : 126;
  }
}
