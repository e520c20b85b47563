import { execFile } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { stageFile } from '../../../machine/durable-file.ts';
import { osCode } from '../../../machine/file-error.ts';
import { ServiceError } from '../../../protocol/errors.ts';
import { sysctlHints as hints } from '../file-hints.ts';
import { onGateFile } from './failure.ts';
import { bootUnit, bootUnitName, dropIn, dropInName, listUnit, listUnitName, type UnitCommand } from './unit-text.ts';

const run = promisify(execFile);

/** Where systemd is; other folders for tests. */
export interface SystemdPaths {
  units: string;
  /** There while systemd runs the system: sd_booted(3). */
  running: string;
  systemctl: readonly string[];
}

const systemd: SystemdPaths = {
  units: '/etc/systemd/system',
  running: '/run/systemd/system',
  systemctl: ['/usr/bin/systemctl', '/bin/systemctl'],
};

/** Whether systemd runs this system. */
export const hasSystemd = ({ running }: SystemdPaths = systemd): boolean => existsSync(running);

/** @throws ServiceError NotSupported where a service cannot be let in, because nothing starts services */
export function requireSystemd(service: string, paths: SystemdPaths = systemd): void {
  if (hasSystemd(paths)) return;
  throw new ServiceError('NotSupported', `${service} cannot be let in: systemd does not run this system.`, {
    target: service,
    hint: 'Reserve for a user instead, or give the token to the program.',
  });
}

/** What the units are to be. */
export interface UnitPlan extends UnitCommand {
  /** Whether there is anything to restore at boot. */
  isNeeded: boolean;
  /** The units that reservations are for. */
  services: readonly string[];
}

/**
 * Makes systemd restore the reservations at boot and let their services in: writes what is missing, removes what is no
 * longer needed, and has it read again if anything changed. Where that fails all stays as it was.
 * @throws ServiceError AccessDenied, OsError
 */
export async function settleUnits(plan: UnitPlan, paths: SystemdPaths = systemd): Promise<void> {
  if (!hasSystemd(paths)) return;
  const undo: (() => void | Promise<void>)[] = [];
  try {
    const wanted = wantedFiles(plan, paths);
    for (const file of knownFiles(plan, paths)) if (!wanted.has(file)) undo.push(await change(file, undefined));
    for (const [file, text] of wanted) if (textOf(file) !== text) undo.push(await change(file, text));
    const link = bootLink(plan, paths.units);
    if (plan.isNeeded !== isLink(link))
      undo.push(changeLink(link, plan.isNeeded ? `../${bootUnitName(plan)}` : undefined));
    if (undo.length > 0) await systemctl(paths, 'daemon-reload');
  } catch (error) {
    for (const step of undo.reverse()) await step();
    throw error;
  }
}

/**
 * Makes systemd have our file of sysctl.d repeat the others at boot, for as long as there is such a file.
 * @throws ServiceError AccessDenied, OsError
 */
export async function settleListUnit(
  { isNeeded, command, file }: { isNeeded: boolean; command: () => readonly string[]; file: string },
  paths: SystemdPaths = systemd,
): Promise<void> {
  if (!hasSystemd(paths)) return;
  const unit = join(paths.units, listUnitName);
  const link = join(paths.units, 'sysinit.target.wants', listUnitName);
  const text = isNeeded ? listUnit(command(), file) : undefined;
  const isSame = textOf(unit) === text;
  if (isSame && isLink(link) === isNeeded) return;
  if (!isSame) await change(unit, text);
  changeLink(link, isNeeded ? `../${listUnitName}` : undefined);
  await systemctl(paths, 'daemon-reload');
}

/** Whether the unit that restores the reservations at boot is enabled. */
export const isBootUnitThere = (unit: UnitCommand, { units }: SystemdPaths = systemd): boolean =>
  isLink(bootLink(unit, units)) && existsSync(join(units, bootUnitName(unit)));

const bootLink = (unit: UnitCommand, units: string) => join(units, 'sysinit.target.wants', bootUnitName(unit));

/** The control groups of the unit that run now, below the topmost: of a template, those of its instances. */
export async function controlGroupsOf(service: string, paths: SystemdPaths = systemd): Promise<string[]> {
  if (!hasSystemd(paths)) return [];
  const isTemplate = service.includes('@.');
  const pattern = isTemplate ? service.replaceAll('\\', '\\\\').replace('@.', '@*.') : service;
  const text = await systemctl(paths, 'show', '--property=ControlGroup', '--value', '--', pattern);
  return text.split('\n').filter((path) => path !== '');
}

function wantedFiles(plan: UnitPlan, { units }: SystemdPaths): Map<string, string> {
  const files = new Map<string, string>();
  if (plan.isNeeded) files.set(join(units, bootUnitName(plan)), bootUnit(plan));
  for (const service of plan.services) files.set(join(units, `${service}.d`, dropInName(plan)), dropIn(plan, service));
  return files;
}

/** Those of ours that may be there: systemd's folder says which. */
function knownFiles(plan: UnitPlan, { units }: SystemdPaths): string[] {
  const names = onGateFile('list', units, () => readdirSync(units));
  const dropIns = names.filter((name) => name.endsWith('.d')).map((name) => join(units, name, dropInName(plan)));
  return [join(units, bootUnitName(plan)), ...dropIns].filter((file) => existsSync(file));
}

function textOf(file: string): string | undefined {
  return onGateFile('read', file, () => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      if (osCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  });
}

/** Writes or removes the file, and gives what undoes that. */
async function change(file: string, text: string | undefined): Promise<() => Promise<void>> {
  const before = textOf(file);
  if (text !== undefined) onGateFile('make', dirname(file), () => mkdirSync(dirname(file), { recursive: true }));
  const staged = await stageFile({ path: file, mode: 0o644, posix: true, hints }, text);
  await staged.commit();
  if (text === undefined) removeEmptyFolder(dirname(file));
  return async () => void (await change(file, before));
}

/** A drop-in's folder that has nothing else in it. */
function removeEmptyFolder(folder: string): void {
  if (!folder.endsWith('.d')) return;
  try {
    rmdirSync(folder);
  } catch {
    // Somebody else's drop-ins are in it.
  }
}

const isLink = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;

function changeLink(link: string, target: string | undefined): () => void {
  const before = isLink(link) ? readlinkSync(link) : undefined;
  onGateFile(target === undefined ? 'remove' : 'make', link, () => {
    mkdirSync(dirname(link), { recursive: true });
    rmSync(link, { force: true });
    if (target !== undefined) symlinkSync(target, link);
  });
  return () => void changeLink(link, before);
}

async function systemctl({ systemctl: programs }: SystemdPaths, ...words: string[]): Promise<string> {
  const program = programs.find((one) => existsSync(one)) ?? programs[0]!;
  try {
    return (await run(program, words, { encoding: 'utf8' })).stdout;
  } catch (error) {
    const { code, stderr = '' } = error as NodeJS.ErrnoException & { stderr?: string };
    const said = stderr.trim().split('\n').at(-1);
    const call = `systemctl ${words[0]}`;
    throw new ServiceError(
      'OsError',
      `${call} failed${said ? `: ${said}` : ` with ${code}`}.`,
      { target: program, osFunction: call, ...(code !== undefined && { osCode: code }) },
      error,
    );
  }
}
