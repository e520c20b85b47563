import { InvalidArgumentError } from 'commander';
import type { PortRange } from '../../protocol/generated/contract.ts';
import { endPort } from '../../protocol/ranges.ts';
import { UsageError } from '../failure.ts';

/** A variable of the caller's own name for one port of the block, the first being 0. */
export interface NamedPort {
  name: string;
  index: number;
}

const variableName = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The name of a variable that every shell can read. */
export function prefix(word: string): string {
  if (variableName.test(word)) return word;
  throw new InvalidArgumentError('It must be letters, digits and underscores, and not begin with a digit.');
}

/** `API_PORT=1`, after those of earlier options. */
export function namedPort(word: string, before: NamedPort[] = []): NamedPort[] {
  const [, name, index] = /^(\w+)=(\d{1,5})$/.exec(word) ?? [];
  if (name !== undefined && variableName.test(name)) return [...before, { name, index: Number(index) }];
  throw new InvalidArgumentError('It must be NAME=INDEX: API_PORT=1 is the second port of the block.');
}

/** The environment that tells a command its ports: `PORT`, `PORT_0` and so on, `PORT_COUNT`, `PORT_RANGE`, and the caller's own. */
export function portVariables(range: PortRange, name: string, named: readonly NamedPort[]): Record<string, string> {
  const { startPort, numberOfPorts } = range;
  const variables = new Map([[name, `${startPort}`]]);
  for (let index = 0; index < numberOfPorts; index++) variables.set(`${name}_${index}`, `${startPort + index}`);
  variables.set(`${name}_COUNT`, `${numberOfPorts}`);
  variables.set(`${name}_RANGE`, `${startPort}-${endPort(range)}`);
  for (const one of named) variables.set(one.name, `${startPort + one.index}`);
  return Object.fromEntries(variables);
}

/** @throws UsageError an index behind the last port */
export function checkNamed(named: readonly NamedPort[], numberOfPorts: number): void {
  for (const { name, index } of named) {
    if (index < numberOfPorts) continue;
    const most = numberOfPorts - 1;
    throw new UsageError(`--env ${name}=${index} names no port of the block: it must be 0 to ${most}.`);
  }
}

/** Braces with a name, but for what other languages read there: `${PORT}`, `#{PORT}`, `$ENV{PORT}`. */
const placeholder = /(?<![$#]|[$@%]\w+)\{(\w+)\}/g;

/** The words with `{PORT}` and the other variables in braces filled in: the caller's shell has filled in $PORT too early. */
export function filledIn(words: readonly string[], variables: Readonly<Record<string, string>>): string[] {
  const fill = (all: string, name: string) => (Object.hasOwn(variables, name) ? variables[name]! : all);
  return words.map((word) => word.replace(placeholder, fill));
}
