import { DocumentError, type FieldError } from '../../protocol/errors.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { type Found, type FoundEntry, foreign, rangeOf } from './entries.ts';

const both: Protocol[] = ['tcp', 'udp'];

const lines = (text: string) => text.replace(/^\uFEFF/, '').split(/\r?\n/);

/** A file of sysctl.d, or the bare list as the kernel writes it. The list is of no protocol, so an entry is of both. */
export function fromSysctl(text: string): Found {
  const setting = /^\s*-?net(?:\.ipv4\.|\/ipv4\/)ip_local_reserved_ports\s*=(.*)$/;
  const values = lines(text).flatMap((line) => setting.exec(line)?.[1] ?? (/^\s*[\d,\s-]+$/.test(line) ? line : []));
  const entries: FoundEntry[] = [];
  const warnings: string[] = [];
  for (const word of (values.at(-1) ?? '').split(',').map((one) => one.trim())) {
    if (word === '') continue;
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(word) ?? [];
    const range = rangeOf(Number(first), Number(last));
    if (range) {
      const reason = foreign('net.ipv4.ip_local_reserved_ports');
      entries.push({ kind: 'exclusion', protocols: both, range, reason });
    } else warnings.push(`${JSON.stringify(word)} is left out: it is no range of ports.`);
  }
  return { entries, warnings };
}

/**
 * What `netsh int ipv4 show excludedportrange` writes: rows of first and last port, with a star where an administrator made it.
 * The words around them are localised, but for the protocol's name.
 */
export function fromNetsh(text: string): Found {
  const found: Found = { entries: [], warnings: [] };
  let protocol: Protocol = 'tcp';
  for (const line of lines(text)) {
    const named = /\b(tcp|udp)\b/i.exec(line)?.[1]?.toLowerCase();
    if (named) protocol = named as Protocol;
    const [, first, last, star] = /^\s*(\d{1,5})\s+(\d{1,5})\s*(\*?)\s*$/.exec(line) ?? [];
    const range = rangeOf(Number(first), Number(last));
    if (!range) continue;
    if (star) found.entries.push({ kind: 'exclusion', protocols: [protocol], range, reason: foreign('netsh') });
    else
      found.warnings.push(`${protocol} ${first}-${last} is left out: a driver has it, such as WinNAT, until it ends.`);
  }
  return found;
}

/** What `netsh http show urlacl` writes, by its urls alone. HTTP.sys is refused ports that are reserved or excluded. */
export function fromUrlAcl(text: string): Found {
  const urls = [...text.matchAll(/\b(https?):\/\/([^\s/]*?)(?::(\d{1,5}))?\//gi)];
  const warnings = urls.map(([url, scheme, , port]) => {
    const number = port ?? (scheme!.toLowerCase() === 'https' ? '443' : '80');
    return `tcp ${number} is left out: the url ${url} keeps it for HTTP.sys, which is refused reserved and excluded ports.`;
  });
  return { entries: [], warnings: [...new Set(warnings)] };
}

/** The fields of a line, where what is in quotes may have the separator and doubled quotes in it. */
function fieldsOf(line: string, separator: string): string[] {
  const fields: string[] = [];
  const pattern = new RegExp(`(?:"((?:[^"]|"")*)"|([^${separator}]*))(${separator}|$)`, 'gy');
  for (let match = pattern.exec(line); match; match = pattern.exec(line)) {
    fields.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? '').trim());
    if (match[3] === '') break;
  }
  return fields;
}

/**
 * A table with a line of names: StartPort or Port, and where there are any NumberOfPorts or EndPort, Protocol, Name, Reason and
 * Kind (reservation or exclusion), in any order and any case, as the objects of the cmdlets have them.
 * @throws DocumentError where there is no column with ports, or a row is wrong, naming its line
 */
export function fromCsv(text: string): Found {
  const [head = '', ...rows] = lines(text);
  const separator = [',', ';', '\t'].find((one) => head.includes(one)) ?? ',';
  const names = fieldsOf(head, separator).map((name) => name.toLowerCase());
  const column = (...known: string[]) => names.findIndex((name) => known.includes(name));
  const start = column('startport', 'port');
  if (start < 0) {
    throw new DocumentError([
      {
        field: 'the table',
        message: 'must begin with a line of names, one of them StartPort or Port',
        line: 1,
        column: 1,
      },
    ]);
  }
  const faults: FieldError[] = [];
  const entries = rows.flatMap((row, index): FoundEntry[] => {
    if (row.trim() === '') return [];
    const fields = fieldsOf(row, separator);
    const value = (...known: string[]) => fields[column(...known)] ?? '';
    const first = Number(fields[start] || Number.NaN);
    const last = value('endport') ? Number(value('endport')) : first + Number(value('numberofports', 'count') || 1) - 1;
    const range = rangeOf(first, last);
    const protocols = (value('protocol') || 'tcp').toLowerCase().split(/[\s,/+]+/);
    const kind = (value('kind') || 'reservation').toLowerCase();
    const isProtocols = protocols.every((one): one is Protocol => one === 'tcp' || one === 'udp');
    const wrong =
      (!range && ['StartPort', 'and what follows from it must be ports, 1 to 65535, the first before the last']) ||
      (!isProtocols && ['Protocol', 'must be tcp, udp, or both']) ||
      (kind !== 'reservation' && kind !== 'exclusion' && ['Kind', 'must be reservation or exclusion']);
    if (wrong) {
      if (faults.length < 100) faults.push({ field: wrong[0]!, message: wrong[1]!, line: index + 2, column: 1 });
      return [];
    }
    return [
      {
        kind: kind as FoundEntry['kind'],
        protocols: [...new Set(protocols as Protocol[])],
        range: range!,
        name: value('name'),
        reason: value('reason'),
      },
    ];
  });
  if (faults.length > 0) throw new DocumentError(faults);
  return { entries, warnings: [] };
}
