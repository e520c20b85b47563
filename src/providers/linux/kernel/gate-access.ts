import { Bpf } from '../../../native/linux/bpf.ts';
import { type ControlGroup, controlGroup, controlGroupOf, topControlGroup } from './control-group.ts';
import { gateError } from './failure.ts';
import { Gate } from './gate.ts';
import { thisNetwork } from './network.ts';
import { isThere, withPinFolder } from './pin-folder.ts';
import type { Site } from './reservations.ts';
import { OwnShelf, PinShelf, type Shelf } from './shelf.ts';

/** Where a gate is. */
export interface GatePlace {
  /** The effective user of this process. */
  userId: number;
  /** Default: the topmost control group that is seen here. */
  group?: string;
  /** Folder of the pins. Default: the system's. */
  pins?: string;
}

/** Where the system's gate is pinned. */
const systemPins = '/sys/fs/bpf/port-reservation';

/** What is being done, for the error if it fails. */
export interface Deed {
  action: string;
  target: string;
}

/** The way to a gate: finds it, one caller at a time, and puts each failure into words. */
export class GateAccess {
  readonly isPinned: boolean;
  readonly pins: string;
  readonly #place: GatePlace;
  #own: OwnShelf | undefined;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(place: GatePlace, isPinned: boolean) {
    this.#place = place;
    this.isPinned = isPinned;
    this.pins = place.pins ?? systemPins;
  }

  /** The control group that the gate is on. */
  group(): ControlGroup {
    const { group } = this.#place;
    return group === undefined ? topControlGroup() : controlGroup(group);
  }

  /** The folder of this process's own control group. */
  ownGroup(): string {
    return controlGroupOf('self', topControlGroup().path);
  }

  /** Whether there may be a gate; asking takes no right but to look into the folder. */
  mayExist(): boolean {
    return this.isPinned ? isThere(this.pins) : this.#own !== undefined;
  }

  /** Works at the gate, where there is to be a place for one. */
  at<T>(deed: Deed, work: (site: Site) => Promise<T> | T): Promise<T> {
    return this.#guarded(deed, async () => {
      const network = await thisNetwork(await Bpf.load(), () => this.ownGroup());
      return this.#withShelf((shelf, bpf) => work({ gate: new Gate(bpf, shelf, this.group().path), network }));
    });
  }

  /** Works at the gate, if there is one. */
  async atExisting<T>(deed: Deed, none: T, work: (site: Site) => Promise<T> | T): Promise<T> {
    return this.mayExist() ? this.at(deed, work) : none;
  }

  /** Puts an empty gate of this process in and takes it out again: what can fail fails. */
  async try(): Promise<void> {
    const { path } = this.group();
    await this.#guarded({ action: 'enforce reservations in the kernel', target: path }, async () => {
      const bpf = await Bpf.load();
      const gate = new Gate(bpf, new OwnShelf(bpf), path);
      try {
        gate.attach(true);
      } finally {
        gate.remove();
      }
      if (this.isPinned) await this.#withShelf(() => {});
    });
  }

  async #withShelf<T>(work: (shelf: Shelf, bpf: Bpf) => Promise<T> | T): Promise<T> {
    const bpf = await Bpf.load();
    if (!this.isPinned) {
      this.#own ??= new OwnShelf(bpf);
      return work(this.#own, bpf);
    }
    return withPinFolder(this.pins, this.#place.userId, async () => {
      const shelf = new PinShelf(bpf, this.pins);
      try {
        return await work(shelf, bpf);
      } finally {
        shelf.end();
        shelf.removeFolder();
      }
    });
  }

  async #guarded<T>({ action, target }: Deed, work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    try {
      return await turn;
    } catch (error) {
      throw gateError(error, action, target);
    }
  }
}
