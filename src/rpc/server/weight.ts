import { outermost, shapeOf } from '../../protocol/json-shape.ts';
import { Fault } from '../wire/fault.ts';

/** Params are four deep. */
const deepestNesting = 64;
/** Ten thousand ranges to inspect, and room for the rest. */
const mostValues = 50_000;

/**
 * Refuses what a parser would sit over for seconds, while nothing else is served.
 * @throws Fault with the id that the message has
 */
export function weigh(body: Buffer): void {
  const { tooDeepAt, values } = shapeOf(body, deepestNesting);
  if (tooDeepAt === undefined && values <= mostValues) return;
  const rule =
    tooDeepAt === undefined ? `has more than ${mostValues} values` : `is nested deeper than ${deepestNesting} levels`;
  const id = outermost(body, 'id');
  const isAnswerable = typeof id === 'string' || Number.isSafeInteger(id);
  throw new Fault('InvalidRequest', `The message ${rule}.`, isAnswerable ? id : null);
}
