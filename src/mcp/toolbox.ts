import type { Reservation } from '../protocol/generated/contract.ts';
import type { CallOptions } from '../service/call-options.ts';
import type { PortService } from '../service/port-service.ts';
import { explainPorts } from './explain.ts';
import { folderAt } from './folder.ts';
import type { FolderPorts } from './folder-ports.ts';
import type { Tools } from './generated/contract.ts';
import type { PortDesk } from './port-desk.ts';

/** What each tool does. */
export type Toolbox = {
  [N in keyof Tools]: (params: Tools[N]['params'], options: CallOptions) => Promise<Tools[N]['result']>;
};

/** A reservation as clients are told of it: no token, which would let them in, and nothing that is of no use to them. */
export const told = ({ protocol, range, lifetime, enforcement, name, reason, owner, createdAt }: Reservation) => ({
  protocol,
  range,
  lifetime,
  enforcement,
  ...(name !== undefined && { name }),
  ...(reason !== undefined && { reason }),
  ...(owner && { user: owner.user }),
  ...(owner?.processId !== undefined && { processId: owner.processId }),
  ...(createdAt !== undefined && { createdAt }),
});

/** The tools over a service. */
export function toolbox(service: PortService, desk: PortDesk, folders: FolderPorts): Toolbox {
  return {
    reserve_ports: (params, options) => folders.reserve(params, options),
    explain_ports: (params, options) => explainPorts(desk, params, options),
    find_free_ports: ({ protocol = ['tcp'], ...params }, options) => service.find({ protocol, ...params }, options),
    list_reservations: async ({ folder }) => {
      const reason = folder === undefined ? undefined : folderAt(folder, '').reason;
      const { reservations, warnings } = await service.list();
      const wanted = reservations.filter((item) => reason === undefined || item.reason === reason);
      return { reservations: wanted.map(told), ...(warnings && { warnings }) };
    },
    release_ports: async (params, options) => ({ released: await folders.release(params, options) }),
  };
}
