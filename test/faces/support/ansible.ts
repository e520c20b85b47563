import { Ansible, executable, missing } from '../../ansible/support.ts';
import { type Change, documentOf, type Face, inDocuments } from './face.ts';
import type { Situation } from './situation.ts';

/** The collection's module, in check mode or not. */
export class AnsibleFace implements Face {
  readonly name = 'Ansible';
  readonly missing = missing;
  readonly can = inDocuments;
  #ansible: Ansible | undefined;

  async make(at: Situation, change: Change, whatIf: boolean): Promise<string> {
    this.#ansible ??= await Ansible.install();
    const task = {
      'portreservation.ports.desired_state': {
        executable: [...at.prefix, ...executable],
        document: documentOf(change),
        prune: true,
      },
      environment: { PORT_RESERVATION_HOME: at.home },
      check_mode: whatIf,
    };
    const [outcome] = (await this.#ansible.play([task])).localhost!;
    const error = outcome!.changes?.find((one) => one.error)?.error ?? outcome!.error;
    if (outcome!.failed !== Boolean(error)) throw new Error(outcome!.msg);
    return error ? `${error.name}: ${error.message}` : 'done';
  }

  async close(): Promise<void> {
    this.#ansible?.remove();
  }
}
