import { reasonOf } from './windows-error.ts';

/** Looks at several things, each as far as it can be looked at. */
export class Look {
  readonly #failures: (string | undefined)[] = [];

  /** What could not be looked at, one sentence each, in the order in which it was asked for. */
  get warnings(): readonly string[] {
    return this.#failures.filter((one) => one !== undefined);
  }

  /** What the work found; where it failed, `instead`, and a warning. */
  async at<T>(what: string, work: Promise<T>, instead: T): Promise<T> {
    const place = this.#failures.push(undefined) - 1;
    try {
      return await work;
    } catch (error) {
      this.#failures[place] = `${what} could not be looked at. ${reasonOf(error)}`;
      return instead;
    }
  }
}
