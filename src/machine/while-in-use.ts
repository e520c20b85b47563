import { setTimeout } from 'node:timers/promises';

const pause = 20;
const attempts = 50;
const inUse = new Set(['EACCES', 'EBUSY', 'EPERM']);

/**
 * Does the action, on Windows several times: there a file that another process has open, a reader or a virus scanner,
 * can for that moment be neither replaced nor opened.
 */
export async function whileInUse<T>(posix: boolean, action: () => T): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return action();
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (posix || attempt === attempts || !inUse.has(code)) throw error;
      await setTimeout(pause);
    }
  }
}
