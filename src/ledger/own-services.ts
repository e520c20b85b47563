import type { LedgerRecord } from '../protocol/generated/contract.ts';

/* A process may have several services. What one of them holds is the others' too: all of it ends with the process. */

const services = new Set<string>();
const records = new WeakSet<LedgerRecord>();

export const addOwnService = (service: string): void => void services.add(service);
export const removeOwnService = (service: string): void => void services.delete(service);

/** Whether the service is one of this process. */
export const isOfThisProcess = (service: string): boolean => services.has(service);

export const markOfThisProcess = (record: LedgerRecord): void => void records.add(record);

/** Whether a service of this process holds it. */
export const isHeldByThisProcess = (record: LedgerRecord): boolean => records.has(record);
