import type { Readable, Writable } from 'node:stream';
import type { PortMapRendering } from '../protocol/generated/contract.ts';

/** What the person who runs the program asked for. */
export interface Wishes {
  width?: number;
  plain?: boolean;
}

const usualColumns = 80;
const fewestColumns = 40;
const mostColumns = 500;

/** How a map is drawn where it is shown: as the terminal says it can, and in black and white where there is none. */
export function renderingFor({ stdout, env, platform }: Terminal, { width, plain }: Wishes): PortMapRendering {
  // One less than the window: some terminals go on in the next line when the last column is written.
  const window = stdout.columns === undefined ? usualColumns : stdout.columns - 1;
  const columns = width ?? Math.min(mostColumns, Math.max(fewestColumns, window));
  if (plain || !isUnicode(env, platform)) return { format: 'text', columns, characters: 'ascii', colors: 'none' };
  return { format: 'text', columns, characters: 'unicode', colors: stdout.isTTY ? colorsOf(env, platform) : 'none' };
}

/** By the locale, as programs of Unix do; the consoles of today's Windows are. */
function isUnicode(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  return platform === 'win32' || platform === 'darwin' || /utf-?8/i.test(locale ?? '');
}

/** What the terminal says of its colours; no-color.org has the first rule. */
function colorsOf(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): PortMapRendering['colors'] {
  if (env.NO_COLOR || env.TERM === 'dumb') return 'none';
  if (/^(truecolor|24bit)$/.test(env.COLORTERM ?? '') || platform === 'win32') return 'trueColor';
  return /256color/.test(env.TERM ?? '') ? 'ansi256' : 'ansi16';
}

/** What the command line may know of the process it runs in, and is given by main.ts: the process itself. */
export interface Terminal {
  readonly stdin: Readable;
  readonly stdout: Writable & { columns?: number; rows?: number; isTTY?: boolean };
  readonly stderr: Writable & { columns?: number };
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly pid: number;
  readonly ppid: number;
  readonly execPath: string;
  /** The second word is the program's own file. */
  readonly argv: readonly string[];
  /** Absent on Windows. */
  geteuid?(): number;
  kill(processId: number, signal: NodeJS.Signals): unknown;
  on(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
  off(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): unknown;
}
