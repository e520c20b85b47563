import { closeSync, openSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Bpf } from '../../../src/native/linux/bpf.ts';
import { attachType, programType } from '../../../src/native/linux/bpf-layout.ts';
import * as a from '../../../src/providers/linux/kernel/assembler.ts';
import { KernelGate } from '../../../src/providers/linux/kernel/kernel-gate.ts';
import { refusal as refused } from '../../support/machine.ts';
import { withGroup } from './support/groups.ts';
import { inGroup, python } from './support/programs.ts';
import { tryBind } from './support/raw-sockets.ts';
import { gateTitle, noGate, useRoom } from './support/room.ts';

const room = useRoom();
const one = (startPort: number) => ({ startPort, numberOfPorts: 1 });
const [exclusive, overridable, multi] = [0, 1, 2];
const bind4 = attachType.CGROUP_INET4_BIND;

function openGate(place = room): KernelGate {
  const gate = KernelGate.own(place);
  onTestFinished(() => gate.close());
  return gate;
}

/** A program of somebody else on the control group that lets everything through. */
async function putOther(group: string, flags: number): Promise<void> {
  const bpf = await Bpf.load();
  const code = a.assemble([a.set(0, 1), a.exit]);
  const program = bpf.loadProgram({ name: 'other', type: programType.CGROUP_SOCK_ADDR, attachType: bind4, code });
  const folder = openSync(group, 'r');
  bpf.attach(folder, program, bind4, flags);
  onTestFinished(() => {
    bpf.detach(folder, program, bind4);
    for (const descriptor of [program, folder]) closeSync(descriptor);
  });
}

describe.skipIf(noGate)(gateTitle('a gate'), () => {
  test('is not opened by a program of others that lets everything through', async () => {
    const gate = openGate();
    await gate.acquire('tcp', one(21_040));
    await putOther(room.group, multi);
    expect(tryBind(21_040)).toBe((await gate.status()).refusal);
  });

  test.each([
    ['exclusive', exclusive],
    ['overridable', overridable],
  ])('is not escaped by a group below that has an %s program', async (_what, flags) => {
    const gate = openGate();
    await gate.acquire('tcp', one(21_040));
    const group = room.subgroup(`below-${flags}`);
    try {
      await putOther(group, flags);
    } catch (error) {
      expect(error).toMatchObject({ code: 'EPERM' }); // the kernel does not let one be put there
      return;
    }
    expect(inGroup(group, python(21_040))).toBe((await gate.status()).refusal);
  });

  test.each([
    ['exclusive', exclusive],
    ['overridable', overridable],
  ])('is not to be had where the group has an %s program of others', async (_what, flags) => {
    const group = room.subgroup(`taken-${flags}`);
    await putOther(group, flags);
    const gate = openGate({ ...room, group });
    for (const work of [() => gate.acquire('tcp', one(21_040)), () => gate.claim('tcp', one(21_040))]) {
      const { errorName, message, facts } = await refused(work());
      expect([errorName, facts.osFunction, facts.osCode]).toEqual(['NotSupported', 'bpf(BPF_LINK_CREATE)', 'EPERM']);
      expect(message).toContain(`has the control group ${group} for itself`);
    }
    expect(tryBind(21_040)).toBe('bound');
    expect(await gate.list()).toEqual([]);
  });

  test('is one of several: each takes its own tokens, whatever the order', async () => {
    const [first, second] = [openGate(), openGate()];
    const token = await first.acquire('tcp', one(21_040));
    const other = await second.acquire('tcp', one(21_500));
    const { refusal } = await first.status();
    expect(tryBind(21_040, { token })).toBe('bound');
    expect(tryBind(21_500, { token: other })).toBe('bound');
    expect([tryBind(21_040), tryBind(21_500), tryBind(21_500, { token })]).toEqual([refusal, refusal, refusal]);
    await second.close();
    expect([tryBind(21_500), tryBind(21_040), tryBind(21_040, { token })]).toEqual(['bound', refusal, 'bound']);
    await withGroup(room, (group) => expect(inGroup(group, python(21_040))).toBe(refusal));
  });

  test('is refused, and says why, where the kernel takes no more programs', async () => {
    const group = room.subgroup('full');
    const gates = Array.from({ length: 65 }, () => openGate({ ...room, group }));
    let refusal: Awaited<ReturnType<typeof refused>> | undefined;
    for (const [index, gate] of gates.entries()) {
      const acquired = gate.acquire('tcp', one(22_000 + index));
      if (index < 64) await acquired;
      else refusal = await refused(acquired);
    }
    expect([refusal?.errorName, refusal?.facts.osCode]).toEqual(['NotSupported', 'E2BIG']);
    expect(refusal?.message).toContain('has 64 programs already');
    expect(inGroup(group, python(22_064))).toBe('bound');
  });
});
