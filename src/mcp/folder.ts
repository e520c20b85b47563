import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename, isAbsolute } from 'node:path';
import { InvalidParamsError } from '../protocol/errors.ts';

/** A folder that ports are reserved for, and how its reservations are known. */
export interface Folder {
  /** Without links, so that each folder has one path. */
  path: string;
  /** The reservation's name, for people: `shop web`. */
  name: string;
  /** Its reason, which tells it from those of other folders. */
  reason: string;
}

const longestName = 60;
const longestReason = 480;

// What the name of a reservation may not have, and what a reason should not.
const unfit = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}*?[\]`]/gu;
const unfitInReason = /[\p{Cc}\p{Cs}]/gu;

const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);

const wrong = (message: string) => new InvalidParamsError([{ field: 'folder', message }]);

function realPath(path: string): string {
  if (!isAbsolute(path)) throw wrong('must be an absolute path, such as /home/ada/shop');
  let real: string;
  try {
    real = realpathSync.native(path);
    if (statSync(real).isDirectory()) return real;
  } catch (error) {
    throw wrong(`must be a folder that is there and can be seen (${(error as NodeJS.ErrnoException).code})`);
  }
  throw wrong('must be a folder, not a file');
}

/** The same for folders with the same path alone: what does not fit into a reason is told by a hash. */
function reasonOf(path: string): string {
  const text = path.replace(unfitInReason, '\u{fffd}');
  const reason = `worktree ${text}`;
  if (text === path && reason.length <= longestReason) return reason;
  return `worktree ${shortHash(path)} ${[...text].slice(-200).join('')}`;
}

/**
 * The folder that a client names, for one of its purposes.
 * @throws InvalidParamsError naming `folder`, where it is no folder
 */
export function folderAt(path: string, label: string): Folder {
  const real = realPath(path);
  const name = [...basename(real).replace(unfit, '_')].slice(0, longestName).join('') || 'root';
  return { path: real, name: `${name} ${label}`, reason: reasonOf(real) };
}
