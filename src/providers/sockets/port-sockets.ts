import { type SockDiag, sockDiag } from '../../native/linux/sock-diag.ts';
import { NativeError } from '../../native/native-error.ts';
import { type Family, Sockets } from '../../native/posix/socket.ts';
import type { PortServing, Protocol } from '../../protocol/generated/contract.ts';
import { bindPastTimeWait, hasTimeWait, spareLoopback } from './past-time-wait.ts';
import { isWithoutIpv6 } from './without-ipv6.ts';

const anyIpv4 = [0, 0, 0, 0];
const loopbackIpv4 = [127, 0, 0, 1];
const anyIpv6 = Array.from({ length: 16 }, () => 0);
const loopbackIpv6 = [...anyIpv6.slice(1), 1];

/** What a bind is refused with because of the port; anything else is a failure. */
const refusing = new Set<number | string>(['EADDRINUSE', 'EACCES', 'EPERM']);

/** Binds whole ports: every address of both families, or of IPv4 where there is no IPv6. */
export class PortSockets {
  readonly #sockets: Sockets;
  readonly #diag: SockDiag | undefined;
  #family: Family = 'inet6';

  private constructor(sockets: Sockets, diag: SockDiag | undefined) {
    this.#sockets = sockets;
    this.#diag = diag;
  }

  static async load(): Promise<PortSockets> {
    const sockets = await Sockets.load();
    return new PortSockets(sockets, sockets.steers ? await sockDiag() : undefined);
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
   * What only TIME_WAIT is left on is taken, too, as a server takes it that starts again.
   *
   * @param yields also lets in sockets of anybody that set SO_REUSEADDR, as servers do: Linux allows it while no socket
   * on the port listens, and looks at the flag, too, as it is when the next one binds
   * @returns the descriptor
   * @throws NativeError EADDRINUSE, EACCES, EMFILE, ...
   */
  hold(protocol: Protocol, port: number, yields = false): number {
    const descriptor = this.#bindOrPast(protocol, port, 'hold');
    try {
      if (yields) this.#sockets.setReuseAddress(descriptor);
      return this.#sockets.endWithThread(descriptor);
    } catch (error) {
      this.close(descriptor);
      throw error;
    }
  }

  /**
   * The same for a port that yields where only closing connections are left, and the kernel does not say that it is no more
   * (before Linux 6.8): as the server it is held for, it may bind beside them. So it would beside a socket that is bound and does not listen, which no table shows: another's hold that
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
    try {
      return this.#bind(protocol, port, 'take');
    } catch (error) {
      // What is left of the last server's connections asks for the other option, too.
      const isLeft = protocol === 'tcp' && this.#diag !== undefined && hasTimeWait(this.#diag, port);
      if (!isLeft || !(error instanceof NativeError) || error.code !== 'EADDRINUSE') throw error;
      return this.#bind(protocol, port, 'take', true);
    }
  }

  /** Whether somebody has the port: what is left of closed connections stops no server. */
  isInUse(protocol: Protocol, port: number): boolean {
    try {
      this.close(this.#bindOrPast(protocol, port, 'alone'));
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

  /**
   * What a server could bind of the port: TCP with SO_REUSEADDR, as servers set it. Nothing listens, so nobody is
   * disturbed.
   */
  serving(protocol: Protocol, port: number): PortServing {
    const may = (bytes: readonly number[], isShared = false) => this.#mayServe(protocol, port, bytes, isShared);
    const [ipv4, ipv6] = [may(anyIpv4), this.#family === 'inet' ? undefined : may(anyIpv6)];
    const loopback4 = ipv4 || may(loopbackIpv4);
    const loopback6 = ipv6 === undefined ? undefined : ipv6 || may(loopbackIpv6);
    // An address that nobody is known to use: no datagram for one of those that have the port comes by.
    const shared = protocol === 'udp' ? may(spareLoopback, true) : undefined;
    return {
      all: ipv4 === true && ipv6 !== false,
      ...(ipv4 !== undefined && { ipv4 }),
      ...(ipv6 !== undefined && { ipv6 }),
      ...(loopback4 !== undefined && { loopbackIPv4: loopback4 }),
      ...(loopback6 !== undefined && { loopbackIPv6: loopback6 }),
      ...(shared !== undefined && { shared }),
    };
  }

  /** Undefined where there is no such address here. */
  #mayServe(protocol: Protocol, port: number, address: readonly number[], isShared: boolean): boolean | undefined {
    let descriptor: number | undefined;
    try {
      descriptor = this.#sockets.open(address.length === 4 ? 'inet' : 'inet6', protocol, false);
      if (protocol === 'tcp' || isShared) this.#sockets.setReuseAddress(descriptor);
      if (isShared) this.#sockets.setReusePort(descriptor, true);
      this.#sockets.bindTo(descriptor, address, port);
      return true;
    } catch (error) {
      if (error instanceof NativeError && refusing.has(error.code)) return false;
      if (isWithoutIpv6(error)) return undefined;
      throw error;
    } finally {
      if (descriptor !== undefined) this.close(descriptor);
    }
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

  /** Binds where nobody has the port, though the system may not be done with its last connections. */
  #bindOrPast(protocol: Protocol, port: number, manner: 'alone' | 'hold'): number {
    try {
      return this.#bind(protocol, port, manner);
    } catch (error) {
      const isTaken = error instanceof NativeError && error.code === 'EADDRINUSE';
      if (!isTaken || protocol !== 'tcp' || !this.#diag) throw error;
      const bind = () => this.#bind(protocol, port, manner, true);
      const descriptor = bindPastTimeWait(port, { sockets: this.#sockets, diag: this.#diag, bind });
      if (descriptor === undefined) throw error;
      return descriptor;
    }
  }

  #bind(
    protocol: Protocol,
    port: number,
    manner: 'alone' | 'hold' | 'take' | 'besideClosing',
    reusesAddress = false,
  ): number {
    let descriptor: number | undefined;
    try {
      descriptor = this.#sockets.open(this.#family, protocol);
      if (reusesAddress) this.#sockets.setReuseAddress(descriptor);
      if (manner === 'take') this.#sockets.setReusePort(descriptor, true);
      if (manner === 'besideClosing') this.#sockets.setReuseAddress(descriptor);
      if (manner === 'hold' && protocol === 'udp') this.#steer(descriptor);
      this.#sockets.bind(descriptor, this.#family, port);
      if (manner === 'hold' || manner === 'besideClosing') this.#sockets.setReusePort(descriptor, true);
      return descriptor;
    } catch (error) {
      if (descriptor !== undefined) this.close(descriptor);
      if (this.#family === 'inet' || !isWithoutIpv6(error)) throw error;
    }
    this.#family = 'inet';
    return this.#bind(protocol, port, manner, reusesAddress);
  }

  #steer(unbound: number): void {
    if (!this.#sockets.steers) return;
    // The kernel takes the program only while the option is on, and bind must find it off.
    this.#sockets.setReusePort(unbound, true);
    this.#sockets.steerTo(unbound, 1);
    this.#sockets.setReusePort(unbound, false);
  }
}

let loaded: Promise<PortSockets> | undefined;

/** The one instance of this process, loaded on first use. */
export function portSockets(): Promise<PortSockets> {
  loaded ??= PortSockets.load();
  return loaded;
}
