import { constants } from 'node:os';
import { BPF_SK_STORAGE_GET_F_CREATE, bindContext, helper, optionContext } from '../../../native/linux/bpf-layout.ts';
import { TOKEN_LEVEL, TOKEN_OPTION } from '../../../native/linux/socket-token.ts';
import * as a from './assembler.ts';
import { keyLayout, portBits, prefixBits, rangeFlag, tokenSize, valueLayout } from './range-entries.ts';

/** The descriptors of the two maps that all programs share. */
export interface Maps {
  /** Which ports are reserved, and for whom. */
  ranges: number;
  /** The token that a socket has been given. */
  sockets: number;
}

/** What a kernel's verifier may refuse to have in the gate. */
export interface Abilities {
  /** Those who are refused get EADDRINUSE, as from any port that is taken; else EPERM (Linux 6.1 has it for bind). */
  errno: boolean;
  /** An MPTCP socket may carry the token; else its bind is refused with any (needs CAP_PERFMON). */
  mptcp: boolean;
  /** Whoever is let in may bind a privileged port without CAP_NET_BIND_SERVICE (Linux 5.12). */
  privileged: boolean;
}

const { EADDRINUSE, EINVAL } = constants.errno;

// Places on the stack, from the frame down. The key's are those of a range's entry.
const keyAt = -24;
const tokenAt = -32;

// What a program's result says of the call: bit 0 goes on, bit 1 without CAP_NET_BIND_SERVICE.
const refuse = 0;
const goOn = 1;
const goOnPrivileged = 3;

/** The largest option whose bytes the kernel shows to a program; of a longer one it must be told to use the caller's memory. */
const pageSize = 4096;

const leave = (result: number): a.Code => [a.set(0, result), a.exit];

/** Leaves, with the error number where the kernel lets a program say one. */
const leaveRefused = (errno: number, mayName: boolean): a.Code => [
  mayName ? [a.set(1, -errno), a.call(helper.set_retval)] : [],
  leave(refuse),
];

/** r6 becomes the context, r7 the entry of the port's range; a port of none, or port 0, goes to `free`. */
const findRange = ({ ranges }: Maps): a.Code => [
  a.move(6, 1),
  a.load('word', 2, 6, bindContext.user_port),
  a.ifNumber(2, 0, 'free'), // the kernel chooses
  a.store('half', 10, keyAt + keyLayout.port, 2), // in the network's byte order, as it comes
  a.load('word', 2, 6, bindContext.protocol),
  a.store('word', 10, keyAt + keyLayout.protocol, 2),
  a.storeNumber('word', 10, keyAt + keyLayout.prefix, prefixBits + portBits),
  a.move(1, 6),
  a.call(helper.get_netns_cookie),
  a.store('double', 10, keyAt + keyLayout.network, 0),
  a.loadMap(1, ranges),
  a.move(2, 10),
  a.add(2, keyAt),
  a.call(helper.map_lookup_elem),
  a.ifNumber(0, 0, 'free'),
  a.move(7, 0),
];

/** r0 becomes the storage of the socket in r2, or 0 where it has none. */
const storageOf = ({ sockets }: Maps): a.Code => [
  a.loadMap(1, sockets),
  a.set(3, 0),
  a.set(4, 0),
  a.call(helper.sk_storage_get),
];

/** r0 becomes the storage of the socket in r2, made with the token of r9 where it has none; no memory goes to `to`. */
const giveToken = ({ sockets }: Maps, to: string): a.Code => [
  a.store('double', 10, tokenAt, 9),
  a.loadMap(1, sockets),
  a.move(3, 10),
  a.add(3, tokenAt),
  a.set(4, BPF_SK_STORAGE_GET_F_CREATE),
  a.call(helper.sk_storage_get),
  a.ifNumber(0, 0, to),
  a.store('double', 0, 0, 9), // in the place of an earlier one
];

/** bind: a reserved port is for its user, and for sockets that have its token. */
export const gate = (maps: Maps, { errno, mptcp, privileged }: Abilities): Buffer =>
  a.assemble([
    findRange(maps),
    a.call(helper.get_current_uid_gid),
    a.moveHalf(0, 0),
    a.load('word', 1, 7, valueLayout.user),
    a.ifEqual(0, 1, 'allowed'),

    a.load('double', 8, 6, bindContext.sk),
    a.move(2, 8),
    storageOf(maps),
    mptcp
      ? [
          a.ifNotNumber(0, 0, 'has a token'),
          a.move(1, 8), // the first subflow, where the program's socket is of MPTCP
          a.call(helper.skc_to_mptcp_sock),
          a.ifNumber(0, 0, 'refused'),
          a.move(2, 0),
          storageOf(maps),
        ]
      : [],
    a.ifNumber(0, 0, 'refused'),
    'has a token',
    a.load('double', 1, 0, 0),
    a.load('double', 2, 7, valueLayout.token),
    a.ifEqual(1, 2, 'allowed'),

    'refused',
    leaveRefused(EADDRINUSE, errno),
    'allowed',
    privileged ? [a.load('word', 1, 7, valueLayout.flags), a.ifNumber(1, rangeFlag.privileged, 'privileged')] : [],
    'free',
    leave(goOn),
    privileged ? ['privileged', leave(goOnPrivileged)] : [],
  ]);

/** setsockopt(level 0x5052, option 1, 8 bytes): puts the token on the socket. Every other option goes on untouched. */
export const associate = (maps: Maps, { errno }: Pick<Abilities, 'errno'>): Buffer =>
  a.assemble([
    a.move(6, 1),
    a.load('word', 2, 6, optionContext.level),
    a.ifNotNumber(2, TOKEN_LEVEL, 'other'),
    a.load('word', 2, 6, optionContext.optname),
    a.ifNotNumber(2, TOKEN_OPTION, 'other'),

    // The buffer has 16 bytes at least, so the length the caller gave counts. Another gate before this one leaves -1.
    a.load('word', 2, 6, optionContext.optlen),
    a.set(3, tokenSize - 1),
    a.ifGreater(2, 3, 'long enough'),
    a.jump('wrong'),
    'long enough',
    a.load('double', 7, 6, optionContext.optval),
    a.load('double', 8, 6, optionContext.optval_end),
    a.move(2, 7),
    a.add(2, tokenSize),
    a.ifGreater(2, 8, 'wrong'),
    a.load('double', 9, 7, 0),
    a.load('double', 2, 6, optionContext.sk),
    giveToken(maps, 'wrong'),
    a.set(2, -1), // done: the kernel does not look for such an option
    a.store('word', 6, optionContext.optlen, 2),
    leave(goOn),

    'wrong',
    leaveRefused(EINVAL, errno),

    'other',
    a.load('word', 2, 6, optionContext.optlen),
    a.set(3, pageSize),
    a.ifGreater(2, 3, 'long'),
    leave(goOn),
    'long',
    a.set(2, 0),
    a.store('word', 6, optionContext.optlen, 2),
    leave(goOn),
  ]);

/** bind, on a service's own control group and before the gate: its sockets get the token of its ranges. */
export const admit = (maps: Maps, service: bigint): Buffer =>
  a.assemble([
    findRange(maps),
    a.loadNumber(1, service),
    a.load('double', 2, 7, valueLayout.service),
    a.ifNotEqual(1, 2, 'free'),
    a.load('double', 9, 7, valueLayout.token),
    a.load('double', 2, 6, bindContext.sk),
    giveToken(maps, 'free'),
    'free',
    leave(goOn),
  ]);

/** bind: notes the network namespace's cookie in an array, for kernels that tell it to programs alone. */
export const noteNetwork = (noted: number): Buffer =>
  a.assemble([
    a.call(helper.get_netns_cookie),
    a.move(6, 0),
    a.storeNumber('word', 10, -4, 0),
    a.loadMap(1, noted),
    a.move(2, 10),
    a.add(2, -4),
    a.call(helper.map_lookup_elem),
    a.ifNumber(0, 0, 'gone'),
    a.store('double', 0, 0, 6),
    'gone',
    leave(goOn),
  ]);
