import { NativeError } from '../../native/native-error.ts';
import { type Family, Sockets } from '../../native/posix/socket.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';

// What a system without IPv6 answers: no such family, or no such address.
const withoutIpv6 = new Set<number | string>(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** Binds whole ports: every address of both families, or of IPv4 where there is no IPv6. */
export class PortSockets {
  readonly #sockets: Sockets;
  #family: Family = 'inet6';

  private constructor(sockets: Sockets) {
    this.#sockets = sockets;
  }

  static async load(): Promise<PortSockets> {
    return new PortSockets(await Sockets.load());
  }

  /**
   * Takes the port for a socket that no one else's may join, then lets later sockets of the same user join that set
   * SO_REUSEPORT: the hand-over. Were the option on during bind, it would join theirs, and two could hold one port.
   *
   * With UDP, holder and taker are one reuseport group, and the holder would get its share of the datagrams. It is the
   * first of the group, so all go to the second. Two limits of Linux remain with UDP while the port is held: a taker on
   * `::` with IPV6_V6ONLY is in no group with the holder and gets its datagrams only after release, and port 0 with
   * SO_REUSEPORT of the same user may be given the port where it lies in the dynamic range.
   *
   * @returns the descriptor
   * @throws NativeError EADDRINUSE, EACCES, EMFILE, ...
   */
  hold(protocol: Protocol, port: number): number {
    return this.#bind(protocol, port, 'hold');
  }

  /**
   * Takes the port beside a holder of the same user, as the hand-over does.
   *
   * @returns the descriptor
   * @throws NativeError EADDRINUSE when somebody else has it, EACCES, ...
   */
  take(protocol: Protocol, port: number): number {
    return this.#bind(protocol, port, 'take');
  }

  /** Whether a socket without any option is refused the port. */
  isInUse(protocol: Protocol, port: number): boolean {
    try {
      this.close(this.#bind(protocol, port, 'alone'));
      return false;
    } catch (error) {
      if (error instanceof NativeError && error.code === 'EADDRINUSE') return true;
      throw error;
    }
  }

  close(descriptor: number): void {
    this.#sockets.close(descriptor);
  }

  #bind(protocol: Protocol, port: number, manner: 'alone' | 'hold' | 'take'): number {
    let descriptor: number | undefined;
    try {
      descriptor = this.#sockets.open(this.#family, protocol);
      if (manner === 'take') this.#sockets.setReusePort(descriptor, true);
      if (manner === 'hold' && protocol === 'udp') this.#steer(descriptor);
      this.#sockets.bind(descriptor, this.#family, port);
      if (manner === 'hold') this.#sockets.setReusePort(descriptor, true);
      return descriptor;
    } catch (error) {
      if (descriptor !== undefined) this.close(descriptor);
      if (this.#family === 'inet' || !(error instanceof NativeError) || !withoutIpv6.has(error.code)) throw error;
    }
    this.#family = 'inet';
    return this.#bind(protocol, port, manner);
  }

  #steer(unbound: number): void {
    if (!this.#sockets.steersDatagrams) return;
    // The kernel takes the program only while the option is on, and bind must find it off.
    this.#sockets.setReusePort(unbound, true);
    this.#sockets.steerToSecond(unbound);
    this.#sockets.setReusePort(unbound, false);
  }
}

let loaded: Promise<PortSockets> | undefined;

/** The one instance of this process, loaded on first use. */
export function portSockets(): Promise<PortSockets> {
  loaded ??= PortSockets.load();
  return loaded;
}
