import { readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs';
import { replaceFile } from '../../machine/durable-file.ts';
import { onFile, osCode } from '../../machine/file-error.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { MovedLine } from '../../protocol/generated/contract.ts';
import { PortSet, union } from '../../protocol/port-set.ts';
import { sysctlHints as hints } from './file-hints.ts';
import { formatPortList } from './port-list.ts';
import { assignedPorts, assignedValue, readText, type SysctlPaths, settingName } from './sysctl-files.ts';

/** What is to be moved out of /etc/sysctl.conf. */
interface Move {
  line: MovedLine;
  /** What is left of that file. */
  left: string;
  /** What the other file is to be. */
  text: string;
}

/** What is to be moved, and where; undefined where there is no such line. */
function moveOf({ main, moved }: SysctlPaths): Move | undefined {
  const text = readText(main) ?? '';
  const lines = text.split('\n');
  const isSetting = (line: string) => assignedValue(line) !== undefined;
  if (!lines.some(isSetting)) return undefined;
  const left = lines.map((line) => (isSetting(line) ? `# Moved to ${moved}: ${line.trim()}` : line)).join('\n');
  // Somebody may have put the line back after it was moved before.
  const ports = union(assignedPorts(readText(moved) ?? '') ?? new PortSet(), assignedPorts(text) ?? new PortSet());
  return {
    line: { from: main, to: moved },
    left,
    text: `# Moved from ${main} by PortReservation.\n${settingName} = ${formatPortList(ports)}\n`,
  };
}

/**
 * Moves the line of /etc/sysctl.conf that sets the list of reserved ports into a file of sysctl.d, which ours comes after and
 * repeats. In between both have it, which does no harm.
 * @throws ServiceError AccessDenied, OsError
 */
export async function moveMainLine(paths: SysctlPaths, whatIf: boolean): Promise<MovedLine | undefined> {
  const move = moveOf(paths);
  if (!move || whatIf) return move?.line;
  await replaceFile({ path: paths.moved, mode: 0o644, posix: true, hints }, move.text);
  await replaceMain(realpathSync(paths.main), move.left);
  return move.line;
}

async function replaceMain(path: string, text: string): Promise<void> {
  const mode = statSync(path).mode & 0o7777;
  try {
    await replaceFile({ path, mode, posix: true, hints }, text);
  } catch (error) {
    // A file that a container's engine has mounted cannot be renamed over.
    if (!(error instanceof ServiceError) || osCode(error.cause) !== 'EBUSY') throw error;
    const before = readFileSync(path, 'utf8');
    await onFile({ action: 'write', path, hints }, () => {
      try {
        writeFileSync(path, text);
      } catch (failure) {
        writeFileSync(path, before);
        throw failure;
      }
    });
  }
}
