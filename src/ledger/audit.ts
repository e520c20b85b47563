import type { Host } from '../host.ts';
import { writeSyslog } from '../native/posix/syslog.ts';
import { reportEvent } from '../native/windows/event-log.ts';
import type { ExclusionRecord, LedgerRecord } from '../protocol/generated/contract.ts';
import { keyOf } from '../protocol/ranges.ts';
import type { DurableContent } from './durable-records.ts';

/** Tells the system's own log what was changed for good. It never fails: what cannot be told is no reason against a change. */
export type Audit = (before: DurableContent, after: DurableContent) => Promise<void>;

/**
 * Who changed what goes to the system's log: where the ledger is the machine's, or where PORT_RESERVATION_AUDIT is `on`; never
 * where it is `off`.
 */
export function auditOf(host: Host, isShared: boolean): Audit | undefined {
  const { PORT_RESERVATION_AUDIT: wanted } = host.env;
  if (wanted === 'off' || (!isShared && wanted !== 'on')) return undefined;
  const write = host.platform === 'win32' ? reportEvent : writeSyslog;
  return async (before, after) => {
    try {
      for (const sentence of sentencesOf(before, after)) await write(`${sentence} ${by(host)}`);
    } catch {
      // No native part, or no log.
    }
  };
}

/** The person behind the user: sudo says whose password it was. */
function by({ env, user, userId, processId }: Host): string {
  const caller = userId === 0 ? env.SUDO_USER : undefined;
  const who = caller ? `by=${word(caller)} as=${word(user)}` : `by=${word(user)}`;
  return `${who}${userId === undefined ? '' : ` uid=${userId}`} pid=${processId}`;
}

/** As one word: what an environment says may have anything in it. */
const word = (text: string) => (/^[\w.@\\-]+$/.test(text) ? text : JSON.stringify(text.slice(0, 256)));

/** What became another, one sentence each. */
function sentencesOf(before: DurableContent, after: DurableContent): string[] {
  return [
    ...differences('reservation', before.persistent, after.persistent),
    ...differences('exclusion', before.exclusions, after.exclusions),
  ];
}

type Kept = LedgerRecord | ExclusionRecord;

function differences(kind: string, before: readonly Kept[], after: readonly Kept[]): string[] {
  const was = new Map(before.map((one) => [keyOf(one), one]));
  const is = new Set(after.map(keyOf));
  const gone = before.filter((one) => !is.has(keyOf(one)));
  const fresh = after.filter((one) => !was.has(keyOf(one)));
  const other = after.filter((one) => was.has(keyOf(one)) && told(was.get(keyOf(one))!) !== told(one));
  const say = (action: string, those: readonly Kept[]) =>
    those.map((one) => `${action} ${kind} ${keyOf(one)}${told(one)}`);
  return [...say('released', gone), ...say('created', fresh), ...say('updated', other)];
}

function told(one: Kept): string {
  const { name, reason, document } = one;
  const more = 'store' in one ? { store: one.store } : { enforcement: one.enforcement, inUse: one.inUse };
  return Object.entries({ name, document, reason, ...more })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${word(String(value))}`)
    .join('');
}
