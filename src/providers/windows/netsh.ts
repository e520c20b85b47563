import { systemDirectory } from '../../native/windows/library.ts';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { formatRange } from '../../protocol/ranges.ts';
import { type ExcludedRow, parseDynamicPortRange, parseExcludedPortRanges } from './excluded-port-ranges.ts';
import { reasonOf } from './windows-error.ts';

/** The address families keep one table together, yet netsh shows them apart. */
export type Family = 'ipv4' | 'ipv6';

/** active: in force until reboot. persistent: what the next boot begins with. */
export type Store = 'active' | 'persistent';

/**
 * Runs netsh of the system folder. Its output is in the console's OEM code page; digits and `*` are ASCII in all.
 * @throws ServiceError OsError when it does not run, or fails without an exit code
 */
async function run(args: readonly string[]): Promise<{ code: number; output: string }> {
  const { execFile } = await import('node:child_process');
  const file = `${await systemDirectory()}\\netsh.exe`;
  return new Promise((resolve, reject) => {
    execFile(file, args, { encoding: 'latin1', windowsHide: true, maxBuffer: 8 << 20 }, (error, output) => {
      if (!error) return resolve({ code: 0, output });
      if (typeof error.code === 'number') return resolve({ code: error.code, output });
      const message = `netsh ${args.join(' ')} failed: ${error.message}`;
      reject(new ServiceError('OsError', message, { target: file, osCode: error.code ?? undefined }, error));
    });
  });
}

/** @throws ServiceError OsError */
async function netsh(...args: string[]): Promise<string> {
  const { code, output } = await run(args);
  if (code === 0) return output;
  const message = `netsh ${args.join(' ')} failed: ${lastLine(output) ?? `exit code ${code}`}`;
  throw new ServiceError('OsError', message, { target: 'netsh.exe', osCode: code });
}

const lastLine = (text: string): string | undefined => text.trim().split(/\r?\n/).pop() || undefined;

function notUnderstood(command: string): ServiceError {
  return new ServiceError('OsError', `The output of netsh ${command} was not understood.`, {
    osFunction: 'netsh',
    hint: `Run it yourself: if it prints a table, please report its text.`,
  });
}

/**
 * The rows of `show excludedportrange`: reservations, drivers' ranges and administrators' exclusions alike.
 * @throws ServiceError OsError when netsh fails or its output has no table
 */
export async function excludedPortRanges(family: Family, protocol: Protocol, store: Store): Promise<ExcludedRow[]> {
  const args = ['interface', family, 'show', 'excludedportrange', `protocol=${protocol}`, `store=${store}`];
  const rows = parseExcludedPortRanges(await netsh(...args));
  if (!rows) throw notUnderstood(args.join(' '));
  return rows;
}

/** What netsh was told to change, and what it made of it; whether that is true, its table says. */
export interface NetshChange {
  verb: 'add' | 'delete';
  code: number;
  /** The last line it wrote, in the system's language. */
  said: string;
}

/** Adds or deletes an administrator's exclusion in one store. */
export async function changeExclusion(
  verb: NetshChange['verb'],
  { protocol, range, store }: { protocol: Protocol; range: PortRange; store: Store },
): Promise<NetshChange> {
  const where = [`protocol=${protocol}`, `startport=${range.startPort}`, `numberofports=${range.numberOfPorts}`];
  const { code, output } = await run(['interface', 'ipv4', verb, 'excludedportrange', ...where, `store=${store}`]);
  return { verb, code, said: lastLine(output) ?? 'it gave no reason' };
}

/** Every range that any of the protocol's tables shows, each once, and why one of them could not be read. */
export async function allExcludedPortRanges(protocol: Protocol): Promise<{ ranges: PortRange[]; failure?: string }> {
  const tables = (['ipv4', 'ipv6'] as const).flatMap((family) =>
    (['active', 'persistent'] as const).map((store) => excludedPortRanges(family, protocol, store)),
  );
  const ranges = new Map<string, PortRange>();
  let failure: string | undefined;
  for (const table of await Promise.allSettled(tables)) {
    if (table.status === 'fulfilled') for (const { range } of table.value) ranges.set(formatRange(range), range);
    else failure ??= reasonOf(table.reason);
  }
  return { ranges: [...ranges.values()], ...(failure !== undefined && { failure }) };
}

/**
 * Where the system takes ports for port 0 and connect from.
 * @throws ServiceError OsError when netsh fails or its output is not understood
 */
export async function dynamicPortRange(protocol: Protocol): Promise<PortRange> {
  const args = ['interface', 'ipv4', 'show', 'dynamicport', `protocol=${protocol}`];
  const range = parseDynamicPortRange(await netsh(...args));
  if (!range) throw notUnderstood(args.join(' '));
  return range;
}

/**
 * The urls that are reserved at HTTP.sys.
 * @throws ServiceError OsError
 */
export async function reservedUrls(): Promise<ReservedUrl[]> {
  return parseReservedUrls(await netsh('http', 'show', 'urlacl'));
}

/** A url that an administrator or an installer reserved at HTTP.sys. */
export interface ReservedUrl {
  url: string;
  port: number;
}

/** A host, a port, an address to listen on where one was given, and a path. */
const reserved = /https?:\/\/(?:\[[^\]\s]*\]|[^\s:/]+):(\d{1,5})(?::[^\s/]*)?(?:\/\S*)?/gi;

/** Reads the output of `netsh http show urlacl` by its urls alone; the words around them are localised. */
export function parseReservedUrls(output: string): ReservedUrl[] {
  return [...output.matchAll(reserved)].map(([url, port]) => ({ url, port: Number(port) }));
}
