import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { type Bpf, BpfError } from '../../../native/linux/bpf.ts';
import { BPF_F_ALLOW_MULTI, BPF_F_NO_PREALLOC, mapType } from '../../../native/linux/bpf-layout.ts';
import { ServiceError } from '../../../protocol/errors.ts';
import type { Protocol } from '../../../protocol/generated/contract.ts';
import { groupError, onGateFile } from './failure.ts';
import {
  abilityCount,
  type Hook,
  hooks,
  type Identity,
  identityOf,
  isComplete,
  loadHook,
  versions,
} from './gate-programs.ts';
import type { Abilities, Maps } from './programs.ts';
import { type Block, blockOf, type Entry, keySize, portKey, tokenSize, valueSize } from './range-entries.ts';
import type { Shelf } from './shelf.ts';
import { keyType, storageTypes, valueType } from './storage-type.ts';

/** The kernel takes memory for entries that there are, so this only stops what has gone mad. */
const mostEntries = 1 << 20;

const layouts = {
  ranges: { type: mapType.LPM_TRIE, keySize, valueSize },
  sockets: { type: mapType.SK_STORAGE, keySize: 4, valueSize: tokenSize },
} as const;

const allHooks = Object.keys(hooks) as Hook[];
const linkName = (hook: Hook) => `${hook}-link`;

/** What is in force of a gate. */
export interface GateState {
  bind4?: Abilities;
  bind6?: Abilities;
  setsockopt?: Abilities;
}

/**
 * The maps and programs on one control group. Every method is safe to repeat, and completes what a killed process left: the
 * maps come first and go last, and a program without a link stops nobody.
 */
export class Gate {
  readonly #bpf: Bpf;
  readonly #shelf: Shelf;
  readonly #group: string;

  constructor(bpf: Bpf, shelf: Shelf, group: string) {
    this.#bpf = bpf;
    this.#shelf = shelf;
    this.#group = group;
  }

  /**
   * The maps, where there are both.
   * @throws ServiceError NotSupported for those of another layout
   */
  maps(): Maps | undefined {
    const ranges = this.#shelf.get('ranges');
    const sockets = this.#shelf.get('sockets');
    if (ranges === undefined || sockets === undefined) return undefined;
    const maps = { ranges, sockets };
    for (const [name, layout] of Object.entries(layouts)) {
      const info = this.#bpf.mapInfo(maps[name as keyof Maps]);
      if (Object.entries(layout).every(([key, value]) => info[key as keyof typeof info] === value)) continue;
      throw new ServiceError('NotSupported', `The gate's ${name} are those of another version of PortReservation.`, {
        hint: 'Take the gate away with the version that made it, or with "portreservation settle --off", and settle anew.',
      });
    }
    return maps;
  }

  /** The maps, made where they are missing. */
  createMaps(): Maps {
    const existing = this.maps();
    if (existing) return existing;
    // Programs that still run look at maps that nobody can reach: unknown ones are replaced.
    for (const name of [...allHooks, 'ranges', 'sockets']) this.#shelf.remove(name);
    const types = this.#bpf.loadBtf(storageTypes());
    try {
      const btf = { descriptor: types, key: keyType, value: valueType };
      const flags = BPF_F_NO_PREALLOC;
      this.#shelf.put(
        'sockets',
        this.#bpf.createMap({ ...layouts.sockets, name: 'pr_sockets', entries: 0, flags, btf }),
      );
      this.#shelf.put(
        'ranges',
        this.#bpf.createMap({ ...layouts.ranges, name: 'pr_ranges', entries: mostEntries, flags }),
      );
    } finally {
      this.#bpf.close(types);
    }
    return this.maps()!;
  }

  /** What is reserved, in all network namespaces. */
  blocks(): Block[] {
    const maps = this.maps();
    if (!maps) return [];
    const blocks: Block[] = [];
    for (const key of this.#bpf.keys(maps.ranges, keySize)) {
      const value = this.#bpf.lookUp(maps.ranges, key, valueSize);
      const block = value && blockOf({ key, value });
      if (block) blocks.push(block);
    }
    return blocks;
  }

  /** Whether the port is in a range that is reserved. */
  has(protocol: Protocol, network: bigint, port: number): boolean {
    const maps = this.maps();
    return (
      maps !== undefined && this.#bpf.lookUp(maps.ranges, portKey(protocol, network, port), valueSize) !== undefined
    );
  }

  /** Puts the entries in: all, or none of those that were not there. */
  put(entries: readonly Entry[]): void {
    const { ranges } = this.createMaps();
    const added: Entry[] = [];
    try {
      for (const entry of entries) {
        const isNew = this.#bpf.lookUp(ranges, entry.key, valueSize) === undefined;
        this.#bpf.update(ranges, entry.key, entry.value);
        if (isNew) added.push(entry);
      }
    } catch (error) {
      this.take(added);
      throw error;
    }
  }

  take(entries: readonly Pick<Entry, 'key'>[]): void {
    const maps = this.maps();
    if (maps) for (const { key } of entries) this.#bpf.delete(maps.ranges, key);
  }

  /** Puts the token on a socket of this process, also where no program does that. Without a gate nobody asks for it. */
  giveToken(descriptor: number, token: Uint8Array): void {
    const maps = this.maps();
    const key = new Uint8Array(Int32Array.of(descriptor).buffer);
    if (maps) this.#bpf.update(maps.sockets, key, token);
  }

  /**
   * Puts the programs on the control group, or in the place of those of another version, without a moment between.
   * @param tokens whether setsockopt is to take tokens, which every other call of it pays for
   * @throws BpfError, ServiceError
   */
  attach(tokens: boolean): void {
    this.createMaps();
    for (const hook of allHooks) {
      if (hook !== 'setsockopt' || tokens) this.#attach(hook);
      else this.#detach(hook);
    }
  }

  /** Takes everything away. What is reserved is free then. */
  remove(): void {
    for (const hook of allHooks) this.#detach(hook);
    for (const name of ['ranges', 'sockets']) this.#shelf.remove(name);
  }

  /** Which programs run now, and what they can. */
  state(): GateState {
    const state: GateState = {};
    for (const hook of allHooks) {
      const running = this.#running(hook);
      if (running) state[hook] = running.abilities;
    }
    return state;
  }

  #attach(hook: Hook): void {
    const running = this.#running(hook);
    if (running?.version === versions[hook] && isComplete(running.abilities)) return;
    const { program, abilities } = loadHook(this.#bpf, hook, this.createMaps());
    // One that had fewer rights must not take from the gate what another gave it.
    if (running?.version === versions[hook] && abilityCount(abilities) <= abilityCount(running.abilities)) {
      this.#bpf.close(program);
      return;
    }
    const link = this.#liveLink(hook);
    if (link !== undefined) this.#bpf.updateLink(link, program);
    else this.#link(hook, program);
    this.#shelf.remove(hook);
    this.#shelf.put(hook, program);
  }

  #link(hook: Hook, program: number): void {
    const type = hooks[hook].attachType;
    this.#shelf.remove(linkName(hook));
    const group = this.#openGroup();
    try {
      this.#shelf.put(linkName(hook), this.#bpf.link(group, program, type));
    } catch (error) {
      if (!(error instanceof BpfError)) throw error;
      throw groupError(error, this.#group, programsOn(this.#bpf, group, type));
    } finally {
      closeSync(group);
    }
  }

  #detach(hook: Hook): void {
    const link = this.#shelf.get(linkName(hook));
    if (link !== undefined) this.#bpf.detachLink(link);
    this.#shelf.remove(linkName(hook));
    this.#shelf.remove(hook);
  }

  /** The hook's program, where it is on the control group and is the one that is kept beside its link. */
  #running(hook: Hook): Identity | undefined {
    const link = this.#liveLink(hook);
    const program = this.#shelf.get(hook);
    if (link === undefined || program === undefined) return undefined;
    const { id, name } = this.#bpf.programInfo(program);
    return this.#bpf.linkInfo(link).programId === id ? identityOf(name) : undefined;
  }

  /** The hook's link; undefined where there is none, or its control group is gone. */
  #liveLink(hook: Hook): number | undefined {
    const link = this.#shelf.get(linkName(hook));
    if (link === undefined) return undefined;
    const { groupId } = this.#bpf.linkInfo(link);
    if (groupId === 0n) return undefined;
    if (groupId === this.#groupId()) return link;
    throw new ServiceError('NotSupported', `The gate is on another control group than ${this.#group}.`, {
      target: this.#group,
      hint: 'It was made by a PortReservation outside of this container, or inside of one: change reservations there.',
    });
  }

  #groupId(): bigint {
    const group = this.#openGroup();
    try {
      return fstatSync(group, { bigint: true }).ino;
    } finally {
      closeSync(group);
    }
  }

  #openGroup(): number {
    const group = this.#group;
    return onGateFile('open', group, () => openSync(group, constants.O_RDONLY | constants.O_DIRECTORY));
  }
}

/** How many programs are on the group itself, and whether they leave no room for others. */
export function programsOn(bpf: Bpf, group: number, type: number): { count: number; exclusive: boolean } {
  try {
    const { programIds, flags } = bpf.attached(group, type);
    return { count: programIds.length, exclusive: programIds.length > 0 && flags !== BPF_F_ALLOW_MULTI };
  } catch {
    return { count: 0, exclusive: false }; // it may take more rights to look than to attach
  }
}
