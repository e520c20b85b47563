import type {
  DesiredExclusion,
  DesiredReservation,
  DesiredState,
  DesiredStateExportParams,
  Enforcement,
  ExportedState,
  ExportFormat,
  PortExclusion,
  Reservation,
} from '../protocol/generated/contract.ts';
import { byPlace } from '../protocol/ranges.ts';
import { labelOf } from '../service/label.ts';
import type { PortService } from '../service/port-service.ts';
import { toSystemdSocket } from './systemd-socket.ts';
import { type Exported, toCompose, toDevcontainer, toEnv, toJson, toYaml } from './writers.ts';

const writers: Record<ExportFormat, (document: DesiredState) => Exported | Promise<Exported>> = {
  json: toJson,
  yaml: toYaml,
  env: toEnv,
  compose: toCompose,
  devcontainer: toDevcontainer,
  'systemd-socket': toSystemdSocket,
};

/**
 * Writes the persistent reservations and own exclusions of this machine as a desired-state document, or the ports of the
 * reservations as other programs read them.
 *
 * @throws ServiceError AccessDenied, OsError, LedgerCorrupt
 *
 * @example
 * const { text } = await exportDesiredState(service, { format: 'env', document: 'shop' });
 */
export async function exportDesiredState(
  service: PortService,
  { format, document }: DesiredStateExportParams,
): Promise<ExportedState> {
  const { reservations, exclusions, warnings: unseen } = await service.present({ settles: false });
  const isWanted = (one: Reservation | PortExclusion) => document === undefined || one.document === document;
  const state: DesiredState = {
    name: document ?? 'exported',
    reservations: reservations
      .filter((one) => one.lifetime === 'persistent' && isWanted(one))
      .sort(byPlace)
      .map((one) => ({
        ...entryOf(one),
        ...enforcedAs(one, service.capabilities.persistent),
        ...(one.inUse && { inUse: one.inUse }),
      })),
    exclusions: exclusions
      .filter((one) => one.own && isWanted(one))
      .sort(byPlace)
      .map((one) => ({ ...entryOf(one), ...(one.store === 'active' && { store: one.store }) })),
  };
  const { text, warnings: unwritten = [] } = await writers[format](state);
  const isEmpty = state.reservations?.length === 0 && state.exclusions?.length === 0;
  const none = document !== undefined && isEmpty ? [`Nothing here is of the document "${document}".`] : [];
  const warnings = [...unseen, ...none, ...unwritten];
  return { text, ...(warnings.length > 0 && { warnings }) };
}

/** What an entry has to ask for to come to the same. */
function enforcedAs({ enforcement, allow }: Reservation, usual: Enforcement): Partial<DesiredReservation> {
  if (enforcement !== 'kernel' || usual === 'kernel') return {};
  const { userId: _, ...wanted } = allow ?? {};
  return { enforcement, ...(allow && { allow: wanted }) };
}

function entryOf({
  protocol,
  range,
  document: _,
  ...rest
}: Reservation | PortExclusion): DesiredReservation & DesiredExclusion {
  return { protocol, startPort: range.startPort, numberOfPorts: range.numberOfPorts, ...labelOf(rest) };
}
