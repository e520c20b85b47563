import { createHash } from 'node:crypto';
import { type Bpf, BpfError } from '../../../native/linux/bpf.ts';
import { attachType, programType } from '../../../native/linux/bpf-layout.ts';
import { type Abilities, admit, associate, gate, type Maps } from './programs.ts';

/** Where the gate's programs run. */
export type Hook = 'bind4' | 'bind6' | 'setsockopt';

interface HookFacts {
  short: string;
  type: number;
  attachType: number;
  code: (maps: Maps, abilities: Abilities) => Buffer;
}

const bindType = programType.CGROUP_SOCK_ADDR;

export const hooks: Record<Hook, HookFacts> = {
  bind4: { short: 'pr4', type: bindType, attachType: attachType.CGROUP_INET4_BIND, code: gate },
  bind6: { short: 'pr6', type: bindType, attachType: attachType.CGROUP_INET6_BIND, code: gate },
  setsockopt: {
    short: 'prs',
    type: programType.CGROUP_SOCKOPT,
    attachType: attachType.CGROUP_SETSOCKOPT,
    code: associate,
  },
};

/** Newest kernels first. */
const variants: readonly Abilities[] = [
  { errno: true, mptcp: true, privileged: true },
  { errno: true, mptcp: false, privileged: true },
  { errno: false, mptcp: false, privileged: true },
  { errno: false, mptcp: false, privileged: false },
];

const letters: Record<keyof Abilities, string> = { errno: 'e', mptcp: 'm', privileged: 'p' };
const lettersOf = (abilities: Abilities) =>
  Object.entries(letters)
    .map(([key, letter]) => (abilities[key as keyof Abilities] ? letter : 'x'))
    .join('');

/** What a program of ours is, as its name says it: other processes, also of other versions, read it there. */
export interface Identity {
  abilities: Abilities;
  /** The same for all programs that were written alike, whatever the kernel took of them. */
  version: string;
}

const noMaps: Maps = { ranges: 0, sockets: 0 };

const versionOf = (hook: Hook): string =>
  createHash('sha256').update(hooks[hook].code(noMaps, variants[0]!)).digest('hex').slice(0, 7);

/** The versions that this PortReservation writes. */
export const versions: Record<Hook, string> = {
  bind4: versionOf('bind4'),
  bind6: versionOf('bind6'),
  setsockopt: versionOf('setsockopt'),
};

export function identityOf(programName: string): Identity | undefined {
  const [, words, version] = /^pr[46s]_([a-z]{3})_([0-9a-f]{7})$/.exec(programName) ?? [];
  if (!words || !version) return undefined;
  const has = (letter: string) => words.includes(letter);
  return { abilities: { errno: has('e'), mptcp: has('m'), privileged: has('p') }, version };
}

/** How much more the one does than the other. */
export const abilityCount = (abilities: Abilities): number => Object.values(abilities).filter(Boolean).length;
export const isComplete = (abilities: Abilities): boolean => abilityCount(abilities) === Object.keys(letters).length;

const isRefusalOfCode = (error: unknown) =>
  error instanceof BpfError && (error.code === 'EINVAL' || error.code === 'EACCES');

/**
 * Loads the hook's program, the first variant that the kernel takes. Only loading it tells: distributions bring features
 * into older kernels.
 * @throws BpfError
 */
export function loadHook(bpf: Bpf, hook: Hook, maps: Maps): { program: number; abilities: Abilities } {
  const { short, type, attachType, code } = hooks[hook];
  let refusal: unknown;
  for (const abilities of variants) {
    const name = `${short}_${lettersOf(abilities)}_${versions[hook]}`;
    try {
      return { program: bpf.loadProgram({ name, type, attachType, code: code(maps, abilities) }), abilities };
    } catch (error) {
      if (!isRefusalOfCode(error)) throw error;
      refusal ??= error;
    }
  }
  throw refusal;
}

/** What the program of services is called, by which it is known on a control group. */
export const admissionName = 'pr_admit';

/** Loads the program that lets a service in, for the hook. */
export const loadAdmission = (bpf: Bpf, hook: 'bind4' | 'bind6', maps: Maps, service: bigint): number =>
  bpf.loadProgram({
    name: admissionName,
    type: bindType,
    attachType: hooks[hook].attachType,
    code: admit(maps, service),
  });
