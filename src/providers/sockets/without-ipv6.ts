import { NativeError } from '../../native/native-error.ts';

/** What a system without IPv6 answers: no such family, or no such address. */
export const isWithoutIpv6 = (error: unknown): error is NativeError =>
  error instanceof NativeError && (error.code === 'EAFNOSUPPORT' || error.code === 'EADDRNOTAVAIL');
