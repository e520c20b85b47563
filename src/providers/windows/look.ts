import { reasonOf } from './windows-error.ts';

/** Looks at one thing after another, each as far as it can be looked at. */
export class Look {
  /** What could not be looked at, one sentence each. */
  readonly warnings: string[] = [];

  /** What the work found; where it failed, `instead`, and a warning. */
  async at<T>(what: string, work: Promise<T>, instead: T): Promise<T> {
    try {
      return await work;
    } catch (error) {
      this.warnings.push(`${what} could not be looked at. ${reasonOf(error)}`);
      return instead;
    }
  }
}
