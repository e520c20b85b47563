import type {
  Exclusions,
  PortExclusion,
  PortMaps,
  ProbedPorts,
  ProtocolMap,
  Reservation,
  Reservations,
} from '../../src/protocol/generated/contract.ts';

/** What came of a call for one protocol. */
export function only(result: Reservations): Reservation;
export function only(result: Exclusions): PortExclusion;
export function only(result: ProbedPorts): ProbedPorts['ports'][number];
export function only(result: PortMaps): ProtocolMap;
export function only(result: object): unknown {
  const [list] = Object.values(result) as [unknown[]];
  if (list.length !== 1) throw new Error(`These are ${list.length}: ${JSON.stringify(list)}`);
  return list[0];
}
