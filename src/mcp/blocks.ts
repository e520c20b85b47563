import type { PortRange, Protocol, Reservation } from '../protocol/generated/contract.ts';
import type { Folder } from './folder.ts';

/** What a folder asks for. */
export interface Asked {
  folder: Folder;
  label: string;
  protocols: readonly Protocol[];
  numberOfPorts: number;
  startPort?: number;
}

/** Ports that are reserved for a folder and purpose, in all protocols asked for. */
export interface Block {
  range: PortRange;
  reservations: Reservation[];
  /** Whether this session holds them. */
  isMine: boolean;
}

/** The folder and purpose, by which everything is kept. */
export const keyOf = ({ folder, label }: Pick<Asked, 'folder' | 'label'>): string => `${folder.path}\0${label}`;

/** Whether the range has what is asked for at its beginning. */
export const serves = (range: PortRange, { numberOfPorts, startPort }: Asked): boolean =>
  range.numberOfPorts >= numberOfPorts && (startPort === undefined || startPort === range.startPort);

/** The ports of it that are asked for. */
export const partOf = ({ startPort }: PortRange, { numberOfPorts }: Asked): PortRange => ({ startPort, numberOfPorts });

/** The same protocol and range, whatever else is known of it. */
export const samePlace = (a: Reservation, b: Reservation): boolean =>
  a.protocol === b.protocol &&
  a.range.startPort === b.range.startPort &&
  a.range.numberOfPorts === b.range.numberOfPorts;

/** What there is of the block that is asked for, this session's before others'. */
export function blockFor(
  asked: Asked,
  reservations: readonly Reservation[],
  mine: readonly Reservation[],
): Block | undefined {
  const { name, reason } = asked.folder;
  const byPlace = new Map<string, Reservation[]>();
  for (const item of reservations) {
    if (item.name !== name || item.reason !== reason || item.lifetime !== 'runtime') continue;
    if (!serves(item.range, asked) || !asked.protocols.includes(item.protocol)) continue;
    const place = `${item.range.startPort}+${item.range.numberOfPorts}`;
    byPlace.set(place, [...(byPlace.get(place) ?? []), item]);
  }
  const whole = [...byPlace.values()].filter((items) => items.length === asked.protocols.length);
  const blocks = whole.map((items) => ({
    range: items[0]!.range,
    reservations: items,
    isMine: items.every((item) => mine.some((held) => samePlace(held, item))),
  }));
  return blocks.find(({ isMine }) => isMine) ?? blocks[0];
}
