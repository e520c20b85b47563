import type { LifeLocks } from '../machine/life-file.ts';
import { ServiceError } from '../protocol/errors.ts';
import type { LedgerRecord, Owner } from '../protocol/generated/contract.ts';
import { type Home, type HomeContent, readIfAllowed } from './home.ts';
import type { Ledger, LedgerContent, LedgerListeners, LedgerPlaces, LedgerView } from './ledger.ts';
import { LedgerWatch } from './ledger-watch.ts';

/** The ledger of a user without a home: there is the system's to be read, and none to be changed. */
export class HomelessLedger implements Ledger {
  readonly file = '';
  readonly #owner: Owner;
  readonly #system: Home;
  readonly #locks: LifeLocks;

  constructor(owner: Owner, system: Home, locks: LifeLocks) {
    this.#locks = locks;
    this.#owner = owner;
    this.#system = system;
  }

  owner(lifetime: LedgerRecord['lifetime']): Owner {
    return lifetime === 'runtime' ? { ...this.#owner } : { user: this.#owner.user };
  }

  async read(): Promise<readonly LedgerRecord[]> {
    return (await this.readPlaces()).here;
  }

  async readAll(): Promise<LedgerContent> {
    const content = await readIfAllowed(this.#system);
    return { reservations: recordsHere(content), exclusions: content.exclusions };
  }

  async readPlaces(): Promise<LedgerPlaces> {
    const content = await readIfAllowed(this.#system);
    return { here: recordsHere(content), elsewhere: content.elsewhere };
  }

  isHeldByThisProcess(): boolean {
    return false;
  }

  async foresee(): Promise<LedgerView> {
    throw this.#homeless();
  }

  async change<T>(): Promise<T> {
    throw this.#homeless();
  }

  async watch(listeners: LedgerListeners): Promise<LedgerWatch> {
    await this.#locks.ready();
    const watch = new LedgerWatch({ ...listeners, homes: [this.#system], read: () => this.read() });
    await watch.look();
    return watch;
  }

  close(): void {}

  #homeless(): ServiceError {
    const { user } = this.#owner;
    return new ServiceError('NotSupported', `User ${user} has no home folder, so there is no place for a ledger.`, {
      target: user,
      hint: 'Set HOME, or PORT_RESERVATION_HOME to the full path of a folder that this user may write.',
    });
  }
}

const recordsHere = ({ persistent, legacy, here }: HomeContent): LedgerRecord[] => [...persistent, ...legacy, ...here];
