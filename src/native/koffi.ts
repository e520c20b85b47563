import type Koffi from 'koffi';

let loaded: Promise<typeof Koffi> | undefined;

/**
 * The foreign function interface, loaded on first use: many calls never need it.
 * @throws NativePartError
 */
export function koffi(): Promise<typeof Koffi> {
  loaded ??= import('koffi').then((module) => module.default);
  return loaded;
}
