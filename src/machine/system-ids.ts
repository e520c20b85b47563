import { readFileSync, readlinkSync } from 'node:fs';
import { unlessHidden } from './unless-hidden.ts';

let boot: string | undefined;

/** Tells the starts of Linux systems apart, and so the systems too; undefined where it cannot be read. */
export function bootId(): string | undefined {
  boot ??= unlessHidden(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim());
  return boot;
}

/** The process namespace of a process, by default this one's; undefined as above, and where /proc is another's. */
export const processNamespace = (processId: number | 'self' = 'self'): string | undefined =>
  unlessHidden(() => readlinkSync(`/proc/${processId}/ns/pid`));

/** The network namespace of this process, which no other has at this start of the system; undefined as above. */
export const networkNamespace = (): string | undefined => unlessHidden(() => readlinkSync('/proc/self/ns/net'));
