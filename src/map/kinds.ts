import type { PortKind, Protocol } from '../protocol/generated/contract.ts';

/** How a kind of port is shown. */
export interface KindStyle {
  /** On a dark ground. */
  dark: string;
  /** Of terminals with true colour, whose ground is not known; `dark` if absent. */
  terminal?: string;
  /** On a light ground. */
  light: string;
  /** Of the 256 colours of xterm, the nearest to that. */
  ansi256: number;
  /** Of the 16 colours, as the number that sets the foreground. */
  ansi16: number;
  unicode: string;
  ascii: string;
}

/**
 * Every kind, the most remarkable last: it wins a cell with several. The colours stay apart for people who do not see red,
 * green or blue, which a test measures.
 */
export const styles: Record<PortKind, KindStyle> = {
  free: {
    dark: '#212b38',
    light: '#e9edf1',
    terminal: '#3d4854',
    ansi256: 239,
    ansi16: 90,
    unicode: '·',
    ascii: '.',
  },
  inDynamicRange: { dark: '#1d4f80', light: '#b5d6f2', ansi256: 24, ansi16: 34, unicode: '░', ascii: ':' },
  privileged: { dark: '#5c5136', light: '#e3d5a8', ansi256: 58, ansi16: 33, unicode: '╌', ascii: '-' },
  excludedByAdministrator: { dark: '#e0b32a', light: '#c98f00', ansi256: 178, ansi16: 93, unicode: '▒', ascii: 'x' },
  excludedBySystem: { dark: '#e4572e', light: '#c23a0c', ansi256: 166, ansi16: 91, unicode: '╳', ascii: 'X' },
  inUse: { dark: '#b49ad9', light: '#8f7ab8', ansi256: 140, ansi16: 95, unicode: '▪', ascii: 'o' },
  reserved: { dark: '#3aa0ff', light: '#0a5fd0', ansi256: 75, ansi16: 96, unicode: '▓', ascii: 'R' },
  listening: { dark: '#b8ffdd', light: '#00382a', ansi256: 158, ansi16: 92, unicode: '█', ascii: '#' },
};

export const kinds = Object.keys(styles) as PortKind[];

/** How remarkable a kind is. */
export const rank = (kind: PortKind): number => kinds.indexOf(kind);

const titles: Record<PortKind, string> = {
  free: 'free',
  inDynamicRange: 'dynamic range',
  privileged: 'privileged',
  excludedByAdministrator: 'excluded',
  excludedBySystem: 'kept by the system',
  inUse: 'in use',
  reserved: 'reserved',
  listening: 'listening',
};

/** What people call the kind; nobody listens on a UDP port. */
export const titleOf = (kind: PortKind, protocol: Protocol): string =>
  kind === 'listening' && protocol === 'udp' ? 'receiving' : titles[kind];

/** A number as people write it. */
export const grouped = (value: number): string => value.toLocaleString('en-US');
