import { koffi } from '../koffi.ts';

/** Those of the system's C library that programs may use; its own two are below. */
const [firstRealTime, lastRealTime] = [34, 64];
const SIG_IGN = 1n;

/** From here on no real-time signal ends this process; Node knows no names for them. What is started before is as it was. */
export async function ignoreRealTimeSignals(): Promise<void> {
  const library = (await koffi()).load(null);
  const signal = library.func('void *signal(int number, void *handler)');
  for (let number = firstRealTime; number <= lastRealTime; number++) signal(number, SIG_IGN);
}
