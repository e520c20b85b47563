const levels = ['error', 'warn', 'info', 'debug', 'trace'] as const;

export type TraceLevel = (typeof levels)[number];

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
