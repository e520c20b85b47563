import type { NativeError } from '../../native/native-error.ts';
import { codes } from '../../native/windows/codes.ts';
import { tryPort } from '../../native/windows/winsock.ts';
import type { PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { endPort, holdsPort } from '../../protocol/ranges.ts';
import type { Inspection, InspectionOptions, Overview, PortFacts, Refusal } from '../provider.ts';
import { inTurns } from '../turns.ts';
import type { ExcludedRow } from './excluded-port-ranges.ts';
import { exclusionOf, exclusionOfHidden } from './exclusions.ts';
import { hiddenAt } from './hidden.ts';
import { keeperOf } from './keeper.ts';
import { Sight } from './sight.ts';
import { readExcludedRows, readTables } from './tables.ts';
import { isCode } from './windows-error.ts';

/** A bind of both families at once is what Windows is asked for: what refuses one refuses the socket. */
async function refusalOf(protocol: Protocol, port: number): Promise<NativeError | undefined> {
  try {
    await tryPort(protocol, port);
    return undefined;
  } catch (error) {
    if (isCode(error, codes.WSAEADDRINUSE, codes.WSAEACCES)) return error;
    throw error;
  }
}

const refusalWord = ({ code }: NativeError): Refusal => (code === codes.WSAEADDRINUSE ? 'inUse' : 'denied');

/** The row that has the port; one that nobody can bind in goes before an administrator's. */
export function rowOf(rows: readonly ExcludedRow[], port: number): ExcludedRow | undefined {
  const having = rows.filter(({ range }) => holdsPort(range, port));
  return having.find(({ administered }) => !administered) ?? having[0];
}

/** What each port is, by a bind, the tables of sockets and processes, and the rows of netsh. */
export async function inspectPorts(
  protocol: Protocol,
  ranges: readonly PortRange[],
  { usualDynamicRange, signal, onBound }: InspectionOptions & { usualDynamicRange: PortRange },
): Promise<Inspection> {
  const probed: { port: number; refusal: NativeError | undefined }[] = [];
  for (const range of ranges) {
    for await (const turn of inTurns(range)) {
      signal?.throwIfAborted();
      for (let port = turn.startPort; port <= endPort(turn); port++) {
        probed.push({ port, refusal: await refusalOf(protocol, port) });
      }
      onBound?.(turn.numberOfPorts);
    }
  }
  const asked = new Set(probed.map(({ port }) => port));
  const sight = new Sight();
  const [tables, excluded] = await Promise.all([
    readTables(protocol, { usualDynamicRange, wanted: (port) => asked.has(port) }),
    readExcludedRows(protocol, sight),
  ]);
  const { rows, lasting } = excluded;
  const ports: PortFacts[] = [];
  for (const { port, refusal } of probed) {
    const row = rowOf(rows, port);
    const urls = tables.urlsOf(port);
    const holders = tables.holders.get(port) ?? [];
    const isUnknown = refusal !== undefined && holders.length === 0 && (!row || row.administered);
    const hidden = isUnknown ? await hiddenAt(protocol, port, refusal, sight).catch(() => undefined) : undefined;
    const exclusion = hidden ? exclusionOfHidden(protocol, hidden) : row && exclusionOf(protocol, row, lasting);
    const keeper = refusal && holders.length === 0 ? keeperOf(protocol, refusal, { hidden, row, urls }) : undefined;
    const word = refusal && refusalWord(refusal);
    ports.push({
      port,
      refusals: word ? { ipv4: word, ipv6: word } : {},
      holders,
      ...(exclusion && { exclusion }),
      ...(keeper && { keeper }),
      ...(urls.length > 0 && { urls }),
    });
  }
  return {
    ports,
    families: [],
    dynamicRange: tables.dynamicRange,
    warnings: [...tables.warnings, ...excluded.warnings],
  };
}

/** What all ports are, by the same tables alone. Windows keeps no port for those with a right. */
export function overviewOfPorts(protocol: Protocol, usualDynamicRange: PortRange): Promise<Overview> {
  return readTables(protocol, { usualDynamicRange });
}
