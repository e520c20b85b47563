import type { PortHolder } from '../protocol/generated/contract.ts';
import type { FoundHolder } from './provider.ts';

/** The most telling first. */
const states: readonly PortHolder['state'][] = ['listening', 'connected', 'closing'];

/** Orders listeners first. */
export const byState = (a: FoundHolder, b: FoundHolder): number =>
  states.indexOf(a.holder.state) - states.indexOf(b.holder.state);

/** The state of a holder is the most telling one of its sockets. */
export function addState(holder: PortHolder, state: PortHolder['state']): void {
  if (states.indexOf(state) < states.indexOf(holder.state)) holder.state = state;
}
