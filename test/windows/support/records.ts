import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of runtime reservations beside a ledger's file. */
export const runtimeOf = (ledgerFile: string): string => join(ledgerFile, '../runtime');

/** The files of runtime reservations beside a ledger's file. */
export const runtimeNames = (ledgerFile: string): string[] =>
  readdirSync(runtimeOf(ledgerFile)).filter((name) => name.endsWith('.json'));

/** What these files say, in one text. */
export const runtimeText = (ledgerFile: string): string =>
  runtimeNames(ledgerFile)
    .map((name) => readFileSync(join(runtimeOf(ledgerFile), name), 'utf8'))
    .join('');
