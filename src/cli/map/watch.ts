import { setTimeout } from 'node:timers/promises';
import { UsageError } from '../failure.ts';
import type { Terminal } from '../rendering.ts';

const csi = '\u{1b}[';
/** A screen of its own, so that what was there before is there again. */
const screen = {
  open: `${csi}?1049h${csi}?25l`,
  close: `${csi}?25h${csi}?1049l`,
  top: `${csi}H`,
  restOfLine: `${csi}K`,
  rest: `${csi}J`,
};
const ending = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Draws again and again over what it drew, as far as the window is high, until a signal ends it.
 * @throws UsageError where there is no terminal
 */
export async function watchMap(
  draw: () => Promise<string>,
  { terminal, pause }: { terminal: Terminal; pause: number },
): Promise<void> {
  const { stdout } = terminal;
  if (!stdout.isTTY)
    throw new UsageError('--watch draws on a terminal, and this is none.', 'See portreservation map --help.');
  const enough = new AbortController();
  const stop = () => enough.abort();
  const wake = { now: () => {} };
  const onResize = () => wake.now();
  for (const signal of ending) terminal.on(signal, stop);
  stdout.on('resize', onResize);
  stdout.write(screen.open);
  try {
    while (!enough.signal.aborted) {
      const lines = (await draw()).split('\n').slice(0, stdout.rows === undefined ? undefined : stdout.rows - 1);
      stdout.write(`${screen.top}${lines.map((line) => `${line}${screen.restOfLine}`).join('\n')}${screen.rest}`);
      const resized = new AbortController();
      wake.now = () => resized.abort();
      await setTimeout(pause, undefined, { signal: AbortSignal.any([enough.signal, resized.signal]) }).catch(() => {});
    }
  } finally {
    stdout.write(screen.close);
    stdout.off('resize', onResize);
    for (const signal of ending) terminal.off(signal, stop);
  }
}
