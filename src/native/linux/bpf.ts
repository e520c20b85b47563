import { closeSync } from 'node:fs';
import { endianness } from 'node:os';
import { NativeError } from '../native-error.ts';
import { attr, command, linkInfo, mapInfo, nameLength, programInfo } from './bpf-layout.ts';
import { KernelMemory } from './kernel-memory.ts';
import { type SystemCalls, systemCalls } from './system-call.ts';

const littleEndian = endianness() === 'LE';

/** A command of bpf(2) failed. */
export class BpfError extends NativeError {
  /** What the verifier had to say of a program, its last lines; empty where it said nothing. */
  readonly log: string;

  constructor(name: keyof typeof command, code: string, log = '') {
    super(`bpf(BPF_${name})`, code);
    this.log = log;
  }
}

/** What a map is made with. */
export interface MapOptions {
  name: string;
  type: number;
  keySize: number;
  valueSize: number;
  entries: number;
  flags?: number;
  /** What describes key and value, where the type asks for it. */
  btf?: { descriptor: number; key: number; value: number };
}

/** What a program is loaded with. */
export interface ProgramOptions {
  name: string;
  type: number;
  attachType: number;
  code: Uint8Array;
}

/** The attribute's length for each command: newer kernels have longer ones and take shorter ones. */
const sizes: Record<keyof typeof command, number> = {
  MAP_CREATE: 72,
  MAP_LOOKUP_ELEM: 32,
  MAP_UPDATE_ELEM: 32,
  MAP_DELETE_ELEM: 16,
  MAP_GET_NEXT_KEY: 24,
  PROG_LOAD: 72,
  OBJ_PIN: 16,
  OBJ_GET: 16,
  PROG_ATTACH: 20,
  PROG_DETACH: 12,
  PROG_GET_FD_BY_ID: 12,
  OBJ_GET_INFO_BY_FD: 16,
  PROG_QUERY: 32,
  BTF_LOAD: 28,
  LINK_CREATE: 16,
  LINK_UPDATE: 16,
  LINK_DETACH: 4,
};

const RLIMIT_MEMLOCK = 8;
const logSize = 1 << 18;
const logLines = 6;
/** The verifier gives up when a signal comes in between. */
const interruptions = 5;
/** BPF_CGROUP_MAX_PROGS */
const mostPrograms = 64;

let loaded: Promise<Bpf> | undefined;

/**
 * bpf(2), one method a command. Descriptors are the kernel's, not inherited by children, and closed by `close`.
 * Each throws a BpfError with the command and the code's name.
 */
export class Bpf {
  readonly #calls: SystemCalls;
  readonly #memory: KernelMemory;
  #mayRaiseLimit = true;

  private constructor(calls: SystemCalls, memory: KernelMemory) {
    this.#calls = calls;
    this.#memory = memory;
  }

  /**
   * The one instance of this process, made on first use.
   * @throws NativeError ENOSYS on a processor whose system calls are not known
   */
  static load(): Promise<Bpf> {
    loaded ??= Bpf.#make();
    return loaded;
  }

  static async #make(): Promise<Bpf> {
    return new Bpf(await systemCalls(), await KernelMemory.allocate());
  }

  createMap({ name, type, keySize, valueSize, entries, flags = 0, btf }: MapOptions): number {
    return this.#withMemory(() =>
      this.#call('MAP_CREATE', (memory) => {
        memory.setUint32(attr.map_type, type);
        memory.setUint32(attr.key_size, keySize);
        memory.setUint32(attr.value_size, valueSize);
        memory.setUint32(attr.max_entries, entries);
        memory.setUint32(attr.map_flags, flags);
        memory.setName(attr.map_name, name, nameLength);
        if (!btf) return;
        memory.setUint32(attr.btf_fd, btf.descriptor);
        memory.setUint32(attr.btf_key_type_id, btf.key);
        memory.setUint32(attr.btf_value_type_id, btf.value);
      }),
    );
  }

  /** The value of the key; undefined where there is none. */
  lookUp(map: number, key: Uint8Array, valueSize: number): Buffer | undefined {
    let room = 0;
    const found = this.#unlessMissing('MAP_LOOKUP_ELEM', (memory) => {
      memory.setUint32(attr.map_fd, map);
      memory.point(attr.key, key);
      room = memory.pointToRoom(attr.value, valueSize);
    });
    return found ? this.#memory.copy(room, valueSize) : undefined;
  }

  update(map: number, key: Uint8Array, value: Uint8Array): void {
    this.#call('MAP_UPDATE_ELEM', (memory) => {
      memory.setUint32(attr.map_fd, map);
      memory.point(attr.key, key);
      memory.point(attr.value, value);
    });
  }

  /** Takes the key out; false where it is not there. */
  delete(map: number, key: Uint8Array): boolean {
    return this.#unlessMissing('MAP_DELETE_ELEM', (memory) => {
      memory.setUint32(attr.map_fd, map);
      memory.point(attr.key, key);
    });
  }

  /** All keys. One that is deleted while this goes on may make it begin anew, so delete afterwards. */
  *keys(map: number, keySize: number): Generator<Buffer> {
    for (let key: Buffer | undefined; ; ) {
      const last = key;
      let room = 0;
      const found = this.#unlessMissing('MAP_GET_NEXT_KEY', (memory) => {
        memory.setUint32(attr.map_fd, map);
        if (last) memory.point(attr.key, last);
        room = memory.pointToRoom(attr.value, keySize);
      });
      if (!found) return;
      key = this.#memory.copy(room, keySize);
      yield key;
    }
  }

  /** Loads a program. The verifier's words are asked for only once it has refused. */
  loadProgram(options: ProgramOptions): number {
    return this.#withMemory(() => {
      for (let attempt = 1; ; attempt++) {
        try {
          return this.#load(options, false);
        } catch (error) {
          const { code } = error as BpfError;
          if (code === 'EAGAIN' && attempt < interruptions) continue;
          return code === 'EPERM' ? rethrow(error) : this.#load(options, true);
        }
      }
    });
  }

  #load({ name, type, attachType, code }: ProgramOptions, withLog: boolean): number {
    return this.#call('PROG_LOAD', (memory) => {
      memory.setUint32(attr.prog_type, type);
      memory.setUint32(attr.insn_cnt, code.length / 8);
      memory.point(attr.insns, code);
      memory.pointToText(attr.license, 'GPL'); // some of the helpers ask for it
      memory.setName(attr.prog_name, name, nameLength);
      memory.setUint32(attr.expected_attach_type, attachType);
      if (!withLog) return undefined;
      memory.setUint32(attr.log_level, 1);
      memory.setUint32(attr.log_size, logSize);
      return memory.pointToRoom(attr.log_buf, logSize);
    });
  }

  /** Gives the object a name in a bpffs, so that it outlives this process. */
  pin(descriptor: number, path: string): void {
    this.#call('OBJ_PIN', (memory) => {
      memory.pointToText(attr.pathname, path);
      memory.setUint32(attr.bpf_fd, descriptor);
    });
  }

  /** Opens what is pinned there; undefined where nothing is. */
  open(path: string): number | undefined {
    const fill = (memory: KernelMemory) => memory.pointToText(attr.pathname, path);
    try {
      return this.#call('OBJ_GET', fill);
    } catch (error) {
      if ((error as BpfError).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Puts the program on the control group, beside those that are there or in the place of one; it stays without this process. */
  attach(group: number, program: number, type: number, flags: number, replaced?: number): void {
    this.#call('PROG_ATTACH', (memory) => {
      memory.setUint32(attr.target_fd, group);
      memory.setUint32(attr.attach_bpf_fd, program);
      memory.setUint32(attr.attach_type, type);
      memory.setUint32(attr.attach_flags, flags);
      if (replaced !== undefined) memory.setUint32(attr.replace_bpf_fd, replaced);
    });
  }

  detach(group: number, program: number, type: number): void {
    this.#call('PROG_DETACH', (memory) => {
      memory.setUint32(attr.target_fd, group);
      memory.setUint32(attr.attach_bpf_fd, program);
      memory.setUint32(attr.attach_type, type);
    });
  }

  /** Puts the program on the control group for as long as the link is open or pinned. */
  link(group: number, program: number, type: number): number {
    return this.#call('LINK_CREATE', (memory) => {
      memory.setUint32(attr['link_create.prog_fd'], program);
      memory.setUint32(attr['link_create.target_fd'], group);
      memory.setUint32(attr['link_create.attach_type'], type);
    });
  }

  /** Replaces the link's program in one step: no call goes by in between. */
  updateLink(link: number, program: number): void {
    this.#call('LINK_UPDATE', (memory) => {
      memory.setUint32(attr['link_update.link_fd'], link);
      memory.setUint32(attr['link_update.new_prog_fd'], program);
    });
  }

  /** Takes the link's program off at once; closing its last descriptor does so a moment later. */
  detachLink(link: number): void {
    this.#call('LINK_DETACH', (memory) => memory.setUint32(attr['link_detach.link_fd'], link));
  }

  /** The programs on the control group itself, and how they were put there. */
  attached(group: number, type: number): { programIds: number[]; flags: number } {
    let room = 0;
    this.#call('PROG_QUERY', (memory) => {
      room = memory.pointToRoom(attr['query.prog_ids'], 4 * mostPrograms);
      memory.setUint32(attr['query.target_fd'], group);
      memory.setUint32(attr['query.attach_type'], type);
      memory.setUint32(attr['query.prog_cnt'], mostPrograms);
    });
    const count = this.#memory.getUint32(attr['query.prog_cnt']);
    const flags = this.#memory.getUint32(attr['query.attach_flags']);
    return { programIds: Array.from({ length: count }, (_, at) => this.#memory.getUint32(room + 4 * at)), flags };
  }

  /** Opens the program with that id. */
  program(id: number): number {
    return this.#call('PROG_GET_FD_BY_ID', (memory) => memory.setUint32(attr.prog_id, id));
  }

  /** Id and name of a program, and the hash of its instructions, in which maps count as equal. */
  programInfo(program: number): { id: number; name: string; tag: string } {
    const info = this.#info(program, programInfo.name + nameLength);
    const name = info.subarray(programInfo.name);
    return {
      id: read32(info, programInfo.id),
      tag: info.toString('hex', programInfo.tag, programInfo.tag + 8),
      name: name.toString('latin1', 0, name.indexOf(0)),
    };
  }

  mapInfo(map: number): { type: number; keySize: number; valueSize: number } {
    const info = this.#info(map, mapInfo.value_size + 4);
    return {
      type: read32(info, mapInfo.type),
      keySize: read32(info, mapInfo.key_size),
      valueSize: read32(info, mapInfo.value_size),
    };
  }

  /** The link's program, and the control group it is on: 0 once that is gone. */
  linkInfo(link: number): { programId: number; groupId: bigint } {
    const at = linkInfo['cgroup.cgroup_id'];
    const info = this.#info(link, at + 8);
    const groupId = littleEndian ? info.readBigUInt64LE(at) : info.readBigUInt64BE(at);
    return { programId: read32(info, linkInfo.prog_id), groupId };
  }

  loadBtf(data: Uint8Array): number {
    return this.#withMemory(() =>
      this.#call('BTF_LOAD', (memory) => {
        memory.point(attr.btf, data);
        memory.setUint32(attr.btf_size, data.length);
      }),
    );
  }

  close(descriptor: number): void {
    closeSync(descriptor);
  }

  #info(descriptor: number, length: number): Buffer {
    let room = 0;
    this.#call('OBJ_GET_INFO_BY_FD', (memory) => {
      memory.setUint32(attr['info.bpf_fd'], descriptor);
      memory.setUint32(attr['info.info_len'], length);
      room = memory.pointToRoom(attr['info.info'], length);
    });
    return this.#memory.copy(room, length);
  }

  #unlessMissing(name: keyof typeof command, fill: (memory: KernelMemory) => void): boolean {
    try {
      this.#call(name, fill);
      return true;
    } catch (error) {
      if ((error as BpfError).code === 'ENOENT') return false;
      throw error;
    }
  }

  /** Before Linux 5.11 what is loaded counts as locked memory, and the usual limit of that is too low. */
  #withMemory(work: () => number): number {
    try {
      return work();
    } catch (error) {
      if ((error as BpfError).code !== 'EPERM' || !this.#mayRaiseLimit) throw error;
      this.#mayRaiseLimit = false;
      const unlimited = BigUint64Array.of(2n ** 64n - 1n, 2n ** 64n - 1n);
      if (this.#calls.prlimit64(0, RLIMIT_MEMLOCK, unlimited) < 0) throw error;
      return work();
    }
  }

  /** @param fill writes the attribute, and may give where the verifier's log is to be */
  #call(name: keyof typeof command, fill: (memory: KernelMemory) => unknown): number {
    this.#memory.clear();
    const log = fill(this.#memory);
    const result = this.#calls.bpf(command[name], this.#memory.attribute, sizes[name]);
    if (result >= 0) return result;
    const code = this.#calls.errorName();
    const words = typeof log === 'number' ? this.#memory.text(log) : '';
    throw new BpfError(name, code, words.trimEnd().split('\n').slice(-logLines).join('\n'));
  }
}

const read32 = (buffer: Buffer, at: number) => (littleEndian ? buffer.readUInt32LE(at) : buffer.readUInt32BE(at));

function rethrow(error: unknown): never {
  throw error;
}
