import type { Writable } from 'node:stream';

type LogLevel = 'error' | 'warn' | 'info' | 'debug';

/** What nobody reads does not pile up. */
const mostUnwritten = 1024 * 1024;

/** Writes log lines. Logging never fails: where it cannot write, the line is lost. */
export type Log = Record<LogLevel, (message: string, facts?: Record<string, unknown>) => void>;

/**
 * A log of one JSON object a line: `{"time": ..., "level": ..., "message": ..., ...facts}`.
 * @param stream is asked for at the first line
 */
export function createLog(stream: () => Writable): Log {
  let output: Writable | undefined;
  const write = (level: LogLevel, message: string, facts: Record<string, unknown> = {}) => {
    try {
      // A closed log is nobody's failure, and an error event without a listener would end the worker.
      output ??= stream().on('error', () => {});
      if (output.writableLength > mostUnwritten) return;
      const time = new Date().toISOString();
      output.write(`${JSON.stringify({ time, level, message, ...facts }, plain)}\n`);
    } catch {}
  };
  return {
    error: (message, facts) => write('error', message, facts),
    warn: (message, facts) => write('warn', message, facts),
    info: (message, facts) => write('info', message, facts),
    debug: (message, facts) => write('debug', message, facts),
  };
}

/** JSON knows neither errors nor 64-bit integers. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Error) return { message: value.message, stack: value.stack, cause: value.cause };
  return value;
}
