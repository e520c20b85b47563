import type {
  ListedReservations,
  PortRange,
  PortStatusList,
  Protocol,
  Reservation,
} from '../protocol/generated/contract.ts';
import type { CallOptions } from '../service/call-options.ts';
import type { PortService } from '../service/port-service.ts';

/** A block that is asked for, in each of the protocols or in none. */
export interface BlockRequest {
  protocols: readonly Protocol[];
  numberOfPorts: number;
  /** Absent: any free block. */
  startPort?: number;
  name: string;
  reason: string;
}

/** What ports are reserved with: a service in this process, or a worker. */
export interface PortDesk {
  list(): Promise<ListedReservations>;
  reserve(request: BlockRequest, options: CallOptions): Promise<Reservation[]>;
  release(reservation: Reservation): Promise<void>;
  inspect(protocols: readonly Protocol[], ports: readonly PortRange[], options: CallOptions): Promise<PortStatusList>;
  dynamicRange(protocol: Protocol): Promise<PortRange>;
}

/** The service in this process. */
export const deskOf = (service: PortService): PortDesk => ({
  list: () => service.list(),
  reserve: async ({ protocols, ...block }, options) =>
    (await service.create({ ...block, protocol: [...protocols], hold: 'yield' }, options)).reservations,
  release: async ({ protocol, range }) => void (await service.release({ protocol, range })),
  inspect: (protocols, ports, options) => service.inspect({ protocol: [...protocols], ranges: [...ports] }, options),
  dynamicRange: async (protocol) => (await service.dynamicRange({ protocol })).dynamicRanges[0]!.range,
});
