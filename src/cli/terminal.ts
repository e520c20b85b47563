import type { Readable, Writable } from 'node:stream';

/** What the command line may know of the process it runs in, and is given by main.ts: the process itself. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable & { columns?: number; isTTY?: boolean };
  readonly stderr: Writable & { columns?: number };
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}
