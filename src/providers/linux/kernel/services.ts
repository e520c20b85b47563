import { closeSync, constants, openSync } from 'node:fs';
import { type Bpf, BpfError } from '../../../native/linux/bpf.ts';
import { BPF_F_ALLOW_MULTI, BPF_F_REPLACE } from '../../../native/linux/bpf-layout.ts';
import { groupError, onGateFile } from './failure.ts';
import { programsOn } from './gate.ts';
import { admissionName, hooks, loadAdmission } from './gate-programs.ts';
import type { Maps } from './programs.ts';
import { serviceId } from './range-entries.ts';

/** A control group whose processes are let in. */
export interface AdmittedGroup {
  /** Lets them in no more; one that is to last stays. */
  close(): void;
}

/**
 * Puts the programs on the control group that give its sockets the token of the service's ranges. They run before the
 * gate's: the kernel begins at the group of the process. Those of an earlier time are replaced, so it may be repeated.
 * @param lasting whether they stay for as long as the group; else they go with this process
 */
export function admitGroup(bpf: Bpf, maps: Maps, service: string, path: string, lasting: boolean): AdmittedGroup {
  const group = onGateFile('open', path, () => openSync(path, constants.O_RDONLY | constants.O_DIRECTORY));
  const links: number[] = [];
  const close = () => {
    for (const link of links.splice(0)) bpf.close(link);
  };
  let type = 0;
  try {
    for (const hook of ['bind4', 'bind6'] as const) {
      type = hooks[hook].attachType;
      const program = loadAdmission(bpf, hook, maps, serviceId(service));
      try {
        if (lasting) attachOnce(bpf, group, program, type);
        else links.push(bpf.link(group, program, type));
      } finally {
        bpf.close(program);
      }
    }
    return { close };
  } catch (error) {
    close();
    throw error instanceof BpfError ? groupError(error, path, programsOn(bpf, group, type)) : error;
  } finally {
    closeSync(group);
  }
}

/** In the place of ours that is there, or beside what others put there. */
function attachOnce(bpf: Bpf, group: number, program: number, type: number): void {
  for (const id of bpf.attached(group, type).programIds) {
    const there = bpf.program(id);
    try {
      if (bpf.programInfo(there).name !== admissionName) continue;
      bpf.attach(group, program, type, BPF_F_ALLOW_MULTI | BPF_F_REPLACE, there);
      return;
    } finally {
      bpf.close(there);
    }
  }
  bpf.attach(group, program, type, BPF_F_ALLOW_MULTI);
}
