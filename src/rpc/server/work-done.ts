import type { ProgressToken, WorkDoneProgress } from '../../protocol/generated/contract.ts';
import type { CallOptions } from '../../service/call-options.ts';

/**
 * Does work whose progress the client asked for, or did not. All that is told is told before the result is there.
 * @param tell sends the client what it is told
 */
export async function withProgress<T>(
  token: ProgressToken | undefined,
  tell: (value: WorkDoneProgress) => void,
  work: (options: Pick<CallOptions, 'onProgress'>) => Promise<T>,
): Promise<T> {
  if (token === undefined) return work({});
  let hasBegun = false;
  let isOver = false;
  try {
    return await work({
      onProgress: ({ title, ...how }) => {
        if (isOver) return;
        tell(hasBegun ? { kind: 'report', ...how } : { kind: 'begin', title, ...how });
        hasBegun = true;
      },
    });
  } finally {
    if (hasBegun) tell({ kind: 'end' });
    isOver = true;
  }
}
