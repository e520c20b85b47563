import type { ReservationCreateParams } from '../../../src/protocol/generated/contract.ts';
import type { Situation } from './situation.ts';

/** A change that every face can make. */
export interface Change {
  kind: 'reserve' | 'release' | 'exclude' | 'include';
  protocol: 'tcp';
  startPort: number;
  numberOfPorts: number;
  name?: string;
  document?: string;
  /** Whom the kernel is to let in alone, where it is to enforce it. */
  kernelFor?: 'token' | 'nobody';
}

/** A way by which people make changes. */
export interface Face {
  name: string;
  can(change: Change, asUser: boolean): boolean;
  /** Makes the change, or says what would come of it: `done`, or the error's name and message. */
  make(at: Situation, change: Change, whatIf: boolean): Promise<string>;
  /** Whether an end has more in it than a what-if says of it: the error's name and hint. */
  saysMore?: true;
  /** Why it cannot be had on this machine; empty where it can. */
  missing?: string;
  /** Ends what it has started. */
  close?(): Promise<void>;
}

export const rangeOf = ({ startPort, numberOfPorts }: Change) => ({ startPort, numberOfPorts });

export const labelOf = ({ name, document }: Change) => ({ ...(name && { name }), ...(document && { document }) });

/** What the change asks for of the kernel. */
export const enforcementOf = ({ kernelFor }: Change): Pick<ReservationCreateParams, 'enforcement' | 'allow'> => ({
  ...(kernelFor && { enforcement: 'kernel' }),
  ...(kernelFor === 'nobody' && { allow: { user: kernelFor } }),
});

/** A document that asks for the change; a release is an entry that is missing in it. */
export function documentOf(change: Change): object {
  const { kind, protocol, name, document = 'shop' } = change;
  const entry = { protocol, ...rangeOf(change), ...(name && { name }), ...enforcementOf(change) };
  if (kind === 'release') return { name: document };
  return { name: document, [kind === 'reserve' ? 'reservations' : 'exclusions']: [entry] };
}

/** Whether a document can ask for it. */
export const inDocuments = ({ kind, document }: Change): boolean =>
  kind === 'reserve' || kind === 'exclude' || (kind === 'release' && Boolean(document));
