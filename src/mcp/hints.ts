import type { ErrorName, ServiceError } from '../protocol/errors.ts';

const leaveAlone = 'Leave what has it alone: call reserve_ports without startPort, and use the ports it gives.';
const insisted =
  'If the user insists on exactly these ports, say who has them (explain_ports) and let the user decide.';

/**
 * What to do instead, where the catalogue's own hint is for a person at a prompt and speaks of ending or releasing what is
 * in the way. A program that reads it here has no business to.
 */
const own: Partial<Record<ErrorName, string>> = {
  PortInUse: `${leaveAlone} ${insisted}`,
  RangeReserved: `${leaveAlone} ${insisted}`,
  RangeExcluded: `${leaveAlone} ${insisted}`,
  NotOwner: 'It is reserved by others, who alone may release it.',
  LedgerBusy: 'Many ask for ports at once: call again in a few seconds.',
};

/** The error in words, with what whoever asked can do about it. */
export function failureText({ errorName, message, facts }: ServiceError): string {
  const hint = own[errorName] ?? facts.hint;
  return `${errorName}: ${message}${hint ? ` ${hint}` : ''}`;
}
