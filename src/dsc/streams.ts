import { fstatSync, readSync, writeSync } from 'node:fs';

/** Where an instance comes from: the engine's pipe; at a terminal there is none. */
export type Input = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };

/** Where lines go. */
export interface Output {
  write(text: string | Uint8Array): unknown;
}

/** The streams of a command resource: in the instance, out the results and the traces, a line of JSON each. */
export interface DscStreams {
  stdin: Input;
  stdout: Output;
  stderr: Output;
}

const levels = ['error', 'warn', 'info', 'debug', 'trace'] as const;

type TraceLevel = (typeof levels)[number];

/** Tells the engine something that is no result. */
export type Trace = (level: TraceLevel, message: string) => void;

/**
 * Writes each message as the line of JSON that the engine takes for a trace, unless it is of less weight than asked for.
 * @param threshold the value of DSC_TRACE_LEVEL; what is none of the levels is `warn`, as in the engine
 */
export function createTrace(write: (text: string) => unknown, threshold = ''): Trace {
  const asked = (levels as readonly string[]).indexOf(threshold.toLowerCase());
  const last = asked < 0 ? levels.indexOf('warn') : asked;
  return (level, message) => {
    if (levels.indexOf(level) <= last) write(`${JSON.stringify({ [level]: message })}\n`);
  };
}

// An operation costs little more than the start of Node, and the process's streams a tenth of that. They are left to what
// descriptors cannot do: to wait, where somebody made them non-blocking.

const chunkSize = 1 << 16;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code;

function* chunksOf(descriptor: number): Generator<Uint8Array> {
  for (;;) {
    const chunk = Buffer.allocUnsafe(chunkSize);
    const size = readSync(descriptor, chunk);
    if (size === 0) return;
    yield chunk.subarray(0, size);
  }
}

/** What the descriptor has until its end; by the stream from where it would have to be waited for. */
export function inputOf(descriptor: number, stream: () => AsyncIterable<Uint8Array>): Input {
  return {
    isTTY: fstatSync(descriptor).isCharacterDevice(),
    async *[Symbol.asyncIterator]() {
      try {
        yield* chunksOf(descriptor);
      } catch (error) {
        if (codeOf(error) === 'EAGAIN') yield* stream();
        else if (codeOf(error) !== 'EOF') throw error; // Windows' word for the end of a pipe
      }
    },
  };
}

/** Writes to the descriptor; by the stream from where it would have to be waited for. */
export function outputOf(descriptor: number, stream: () => Output): Output {
  let waits = false;
  return {
    write(text) {
      let rest = Buffer.from(text);
      while (!waits && rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(descriptor, rest));
        } catch (error) {
          if (codeOf(error) !== 'EAGAIN') throw error;
          waits = true;
        }
      }
      if (rest.length > 0) stream().write(rest);
    },
  };
}
