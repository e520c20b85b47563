import { NativeError } from '../../native/native-error.ts';
import { type Family, Sockets } from '../../native/posix/socket.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';

// What a system without IPv6 answers: no such family, or no such address.
const withoutIpv6 = new Set<number | string>(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

/** What a bind is refused with because of the port; anything else is a failure. */
const refusing = new Set<number | string>(['EADDRINUSE', 'EACCES', 'EPERM']);

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
   * @param yields also lets in sockets of anybody that set SO_REUSEADDR, as servers do: Linux allows it while no socket
   * on the port listens, and looks at the flag, too, as it is when the next one binds
   * @returns the descriptor
   * @throws NativeError EADDRINUSE, EACCES, EMFILE, ...
   */
  hold(protocol: Protocol, port: number, yields = false): number {
    const descriptor = this.#bind(protocol, port, 'hold');
    try {
      if (yields) this.#sockets.setReuseAddress(descriptor);
      return this.#sockets.endWithThread(descriptor);
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
  }

  /**
   * The same for a port that yields where only closing connections are left: as the server it is held for, it may bind
   * beside them. So it would beside a socket that is bound and does not listen, which no table shows: another's hold that
   * yields, which the ledger keeps from those who share it.
   */
  holdBesideClosing(protocol: Protocol, port: number): number {
    return this.#bind(protocol, port, 'besideClosing');
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

  /**
   * The codes that a socket without any option is refused the port with, on all addresses of each family. One bind where
   * the port is free, three where it is not.
   */
  refusals(protocol: Protocol, port: number): { ipv4?: NativeError; ipv6?: NativeError } {
    const refusal = this.#refusal(() => this.#bind(protocol, port, 'alone'));
    if (!refusal) return {};
    if (this.#family === 'inet') return { ipv4: refusal };
    const ipv4 = this.#refusal(() => this.#bindFamily(protocol, port, 'inet'));
    const ipv6 = this.#refusal(() => this.#bindFamily(protocol, port, 'inet6'));
    return { ...(ipv4 && { ipv4 }), ...(ipv6 && { ipv6 }) };
  }

  /** The families that `refusals` tells apart: those this system has, as far as a bind has met them. */
  get families(): readonly ('ipv4' | 'ipv6')[] {
    return this.#family === 'inet' ? ['ipv4'] : ['ipv4', 'ipv6'];
  }

  close(descriptor: number): void {
    this.#sockets.close(descriptor);
  }

  #refusal(bind: () => number): NativeError | undefined {
    try {
      this.close(bind());
      return undefined;
    } catch (error) {
      if (error instanceof NativeError && refusing.has(error.code)) return error;
      throw error;
    }
  }

  #bindFamily(protocol: Protocol, port: number, family: Family): number {
    const descriptor = this.#sockets.open(family, protocol, false);
    try {
      this.#sockets.bind(descriptor, family, port);
      return descriptor;
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
  }

  #bind(protocol: Protocol, port: number, manner: 'alone' | 'hold' | 'take' | 'besideClosing'): number {
    let descriptor: number | undefined;
    try {
      descriptor = this.#sockets.open(this.#family, protocol);
      if (manner === 'take') this.#sockets.setReusePort(descriptor, true);
      if (manner === 'besideClosing') this.#sockets.setReuseAddress(descriptor);
      if (manner === 'hold' && protocol === 'udp') this.#steer(descriptor);
      this.#sockets.bind(descriptor, this.#family, port);
      if (manner === 'hold' || manner === 'besideClosing') this.#sockets.setReusePort(descriptor, true);
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
