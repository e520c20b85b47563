import { Bpf } from '../../../../src/native/linux/bpf.ts';
import type { Deadly } from '../../../support/kill-before.ts';

/** The calls by which the kernel's part of a gate changes. */
export const deadlyBpf: Deadly = [
  Bpf.prototype,
  ['createMap', 'loadBtf', 'update', 'delete', 'loadProgram', 'pin', 'link', 'updateLink', 'detachLink'],
];
