import type { ClientCapabilities, Remedy } from '../protocol/generated/contract.ts';
import { commandFor, inCommandLine } from './command-line.ts';
import { cmdletFor, inPowerShell } from './powershell.ts';

/** How what is to be done is said to a client's user. */
export type Dialect = NonNullable<ClientCapabilities['dialect']>;

const speakers: Record<Dialect, { command: (remedy: Remedy) => string; hint: (hint: string) => string }> = {
  commandLine: { command: commandFor, hint: inCommandLine },
  powershell: { command: cmdletFor, hint: inPowerShell },
};

/** A copy of what is sent, in which each remedy says what to type for it, and each hint is in the dialect. */
export function spoken<T>(value: T, dialect: Dialect): T {
  return said(value, '', speakers[dialect]) as T;
}

function said(value: unknown, key: string, speaker: (typeof speakers)[Dialect]): unknown {
  if (typeof value === 'string') return key === 'hint' ? speaker.hint(value) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => said(one, '', speaker));
  const entries = Object.entries(value).map(([name, one]) => [name, said(one, name, speaker)] as const);
  const copy = Object.fromEntries(entries);
  const isRemedy = (key === 'remedy' || key === 'prevention') && 'sentence' in value;
  return isRemedy ? { ...copy, command: speaker.command(value as Remedy) } : copy;
}
