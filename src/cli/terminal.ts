import type { Writable } from 'node:stream';

/** What the command line may know of the process it runs in; only main.ts names `process`. */
export interface Terminal {
  readonly stdout: Writable & { columns?: number };
  readonly stderr: Writable;
}
