import type { PortHolder, Protocol } from '../../protocol/generated/contract.ts';

/* The states of include/net/tcp_states.h. */
const TCP_ESTABLISHED = 1;
const TCP_SYN_RECV = 3;
export const TCP_TIME_WAIT = 6;
/** Also what a UDP socket is in that is not connected. */
const TCP_CLOSE = 7;
const TCP_CLOSE_WAIT = 8;
export const TCP_LISTEN = 10;

/** What a socket in this state does with its port. */
export function stateOf(protocol: Protocol, state: number): PortHolder['state'] {
  if (protocol === 'udp') return state === TCP_CLOSE ? 'listening' : 'connected';
  if (TCP_ESTABLISHED <= state && state <= TCP_SYN_RECV) return 'connected';
  switch (state) {
    case TCP_LISTEN:
      return 'listening';
    // Bound and no more; told by sock_diag since Linux 6.8.
    case TCP_CLOSE:
      return 'bound';
    case TCP_CLOSE_WAIT:
      return 'closeWait';
    case TCP_TIME_WAIT:
      return 'timeWait';
    default:
      return 'closing';
  }
}
