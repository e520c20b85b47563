import type { ExclusionRecord, Protocol, Reservation } from '../../protocol/generated/contract.ts';
import { isEmpty, minus, PortSet, union } from '../../protocol/port-set.ts';

/** What is kept from the next restart on, too. */
export const lastingMarks = ['reserved tcp', 'reserved udp', 'excluded tcp', 'excluded udp'] as const;

/** What is in the live list alone. */
export const passingMarks = ['excluded tcp until restart', 'excluded udp until restart'] as const;

const allMarks = [...lastingMarks, ...passingMarks];

/** As what our file notes a port; the kernel's list knows no protocol and no owner, so a port may be there as several. */
export type Mark = (typeof allMarks)[number];

/** The ports of each mark. */
export type Marks = Readonly<Record<Mark, PortSet>>;

/** The ports that this gives for each mark. */
export const marksOf = (portsOf: (mark: Mark) => PortSet): Marks =>
  Object.fromEntries(allMarks.map((mark) => [mark, portsOf(mark)])) as Record<Mark, PortSet>;

type Ranged = Pick<Reservation, 'protocol' | 'range'>;

function marked<T extends Ranged>(records: readonly T[], markOf: (record: T) => Mark): Marks {
  return marksOf((mark) => PortSet.of(records.filter((record) => markOf(record) === mark).map(({ range }) => range)));
}

/** Nothing. */
export const noMarks: Marks = marksOf(() => new PortSet());

/** The ports of these reservations. */
export const reservedBy = (reservations: readonly Ranged[]): Marks =>
  marked(reservations, ({ protocol }) => `reserved ${protocol}`);

/** The ports of these exclusions. */
export const excludedBy = (exclusions: readonly (Ranged & Pick<ExclusionRecord, 'store'>)[]): Marks =>
  marked(exclusions, ({ protocol, store }) =>
    store === 'persistent' ? `excluded ${protocol}` : `excluded ${protocol} until restart`,
  );

/** All ports of these marks. */
export const portsMarked = (marks: Marks, wanted: readonly Mark[] = allMarks): PortSet =>
  union(...wanted.map((mark) => marks[mark]));

/** As what the exclusions of one protocol are noted. */
export const excludedMarks = (protocol: Protocol): readonly Mark[] => [
  `excluded ${protocol}`,
  `excluded ${protocol} until restart`,
];

export const bothMarks = (a: Marks, b: Marks): Marks => marksOf((mark) => union(a[mark], b[mark]));

export const withoutMarks = (a: Marks, b: Marks): Marks => marksOf((mark) => minus(a[mark], b[mark]));

/** Whether the first has a port that the second has not, of one and the same mark. */
export const hasMore = (a: Marks, b: Marks): boolean => allMarks.some((mark) => !isEmpty(minus(a[mark], b[mark])));
