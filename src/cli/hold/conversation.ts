import type { ErrorFacts, ErrorName } from '../../protocol/errors.ts';
import type { ProviderChoice, ReservationCreateParams, Reservations } from '../../protocol/generated/contract.ts';

/** The word that the program starts itself with to be a holder: nobody types it. */
export const holderWord = 'hold-for-process';

/** What a holder is asked, once. */
export interface HoldRequest {
  /** For which process; absent where only the time counts. */
  processId?: number;
  /** For how long at most. */
  milliseconds?: number;
  params: ReservationCreateParams;
  provider?: ProviderChoice;
}

/** What it answers, once. */
export type HoldAnswer =
  | { created: Reservations }
  | { refused: { errorName?: ErrorName; message: string; facts?: ErrorFacts } };
