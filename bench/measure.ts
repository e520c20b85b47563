/** One line of the report. */
export interface Result {
  name: string;
  /** What was measured over its floor, both in this run; undefined where only the time itself counts. */
  ratio?: number;
  /** The time of what was measured, in milliseconds; absent where only `counts` count, or it was left out. */
  milliseconds?: number;
  /** What was counted. */
  counts?: string;
  /** Why it was left out. */
  skipped?: string;
  /** What it is compared with. */
  floor?: string;
  aim?: string;
}

export type Case = { name: string; run: () => Promise<Result[]> };

type Work = () => Promise<unknown> | unknown;

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export async function timed(work: Work): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** In the place of a measurement: what is missing for it. */
export const skipped = (name: string, why: string): Result[] => [{ name, skipped: why }];

type Measure = () => Promise<number> | number;

/**
 * Measures both in turn, A B A B, so that a machine that slows down slows both; the ratio is the median of the pairs' ratios.
 * The first pair is a warm-up and is not counted.
 * @param work gives its milliseconds, and so does `floor`
 */
export async function pairedBy(
  rounds: number,
  work: Measure,
  floor: Measure,
  undo: Work = () => {},
): Promise<{ ratio: number; milliseconds: number }> {
  const ratios: number[] = [];
  const times: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    const time = await work();
    const ratio = time / (await floor());
    await undo();
    if (round === 0) continue;
    times.push(time);
    ratios.push(ratio);
  }
  return { ratio: median(ratios), milliseconds: median(times) };
}

/** Times both in turn, as `pairedBy` measures them. What `undo` takes is not timed. */
export const paired = (rounds: number, work: Work, floor: Work, undo?: Work) =>
  pairedBy(
    rounds,
    () => timed(work),
    () => timed(floor),
    undo,
  );
