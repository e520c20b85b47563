import { ServiceError } from '../protocol/errors.ts';
import type { PortRange, Protocol } from '../protocol/generated/contract.ts';

/** What tells one instance from another. */
export interface Place {
  protocol: Protocol;
  startPort: number;
  numberOfPorts: number;
}

/** The same as the service takes it. */
export const placeOf = ({ protocol, startPort, numberOfPorts }: Place): { protocol: Protocol; range: PortRange } => ({
  protocol,
  range: { startPort, numberOfPorts },
});

/** An instance of which nothing is there. */
export const absent = ({ protocol, startPort, numberOfPorts }: Place): Place & { _exist: boolean } => ({
  protocol,
  startPort,
  numberOfPorts,
  _exist: false,
});

/** What set would do to a property of what is there. */
export const settingOf = (property: string, ports: string, value: unknown): string =>
  `Would set the ${property} of ${ports} to ${JSON.stringify(value)}.`;

/** The result, or undefined where there is no such thing. */
export async function unlessNotFound<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof ServiceError && error.errorName === 'NotFound') return undefined;
    throw error;
  }
}

/** Why the check refuses; undefined where it does not. */
export function refusalOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof ServiceError) return `Would fail: ${error.message}`;
    throw error;
  }
}
