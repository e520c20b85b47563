import type { DesiredStateImportParams, ExportedState } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { toJson, toYaml } from '../writers.ts';
import { documentOf, type Found } from './entries.ts';
import { exclusionsHere, listenersHere } from './machine.ts';
import { fromCsv, fromNetsh, fromSysctl, fromUrlAcl } from './texts.ts';

/**
 * Makes a document of what is there without one: what others have excluded, what listens, or a text that says so. Nothing is
 * changed; what somebody else made has a reason that begins with `foreign:`.
 *
 * @throws DocumentError a table that is wrong, naming its lines
 * @throws ServiceError NotSupported where this system has no such source, AccessDenied, OsError, LedgerCorrupt
 *
 * @example
 * const { text } = await importDesiredState(service, { from: 'listeners', document: 'shop' });
 */
export async function importDesiredState(
  service: PortService,
  { from, text, document: name = 'imported', format = 'yaml' }: DesiredStateImportParams,
): Promise<ExportedState> {
  const found = await find(service, from, text);
  const { document, warnings } = documentOf(name, found);
  const written = await (format === 'json' ? toJson(document) : toYaml(document));
  return { text: written.text, ...(warnings.length > 0 && { warnings }) };
}

async function find(
  service: PortService,
  from: DesiredStateImportParams['from'],
  text: string | undefined,
): Promise<Found> {
  switch (from) {
    case 'csv':
      return fromCsv(text ?? '');
    case 'listeners':
      return listenersHere(service);
    case 'urlacl':
      return fromUrlAcl(text ?? '');
    case 'netsh':
      return text === undefined ? exclusionsHere(service, from) : fromNetsh(text);
    case 'sysctl':
      return text === undefined ? exclusionsHere(service, from) : fromSysctl(text);
  }
}
