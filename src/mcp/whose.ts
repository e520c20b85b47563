import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { dirname, join, parse, sep } from 'node:path';
import type { PortHolder } from '../protocol/generated/contract.ts';
import type { Tools } from './generated/contract.ts';

/** Who has sockets on a port, and whether that is the caller's own. */
export type Holder = Tools['explain_ports']['result']['ports'][number]['holders'][number];

/** Where a process works; undefined where that cannot be seen. Linux alone tells it by a file. */
function workingDirectoryOf(processId: number): string | undefined {
  try {
    return readlinkSync(`/proc/${processId}/cwd`);
  } catch {
    return undefined; // another user's, gone, or another system
  }
}

/** Whether the folder is a checkout of its own: a repository, or a worktree of one. A submodule belongs to what is around it. */
function isCheckout(folder: string): boolean {
  const git = join(folder, '.git');
  try {
    if (statSync(git).isDirectory()) return true;
    return !/^gitdir:.*[\\/]modules[\\/]/m.test(readFileSync(git, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether a process that works there works in the folder, and not in a checkout of its own below it. */
function isWithin(workingDirectory: string, folder: string): boolean {
  const inside = folder.endsWith(sep) ? folder : folder + sep;
  for (let at = workingDirectory; at !== folder; at = dirname(at)) {
    if (!at.startsWith(inside) || isCheckout(at)) return false;
  }
  return true;
}

/** Whose a process is that works there. The root says nothing: services and containers' helpers work in it. */
function whoseIs(workingDirectory: string | undefined, folder: string): Holder['whose'] {
  if (workingDirectory === undefined) return 'unknown';
  if (isWithin(workingDirectory, folder)) return 'yours';
  return workingDirectory === parse(workingDirectory).root ? 'unknown' : 'otherFolder';
}

/** The holder as a client is told of it. */
export function holderIn(folder: string, { processId, processName }: PortHolder): Holder {
  const workingDirectory = processId === undefined ? undefined : workingDirectoryOf(processId);
  return {
    ...(processId !== undefined && { processId }),
    ...(processName !== undefined && { processName }),
    ...(workingDirectory !== undefined && { workingDirectory }),
    whose: whoseIs(workingDirectory, folder),
  };
}

/** Those that listen, or where none does, all. */
export function decisive(holders: readonly PortHolder[]): readonly PortHolder[] {
  const listening = holders.filter(({ state }) => state === 'listening');
  return listening.length > 0 ? listening : holders;
}
