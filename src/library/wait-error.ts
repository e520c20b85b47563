import type { PortStatus, Protocol } from '../protocol/generated/contract.ts';

/** A port did not become what was waited for in time. */
export class PortWaitError extends Error {
  readonly code = 'ETIMEDOUT';
  readonly protocol: Protocol;
  readonly port: number;
  /** What the port is now, who has it and what to do; undefined of another machine. */
  readonly status: PortStatus | undefined;

  constructor(message: string, { protocol, port, status }: Pick<PortWaitError, 'protocol' | 'port' | 'status'>) {
    super(message);
    this.name = 'PortWaitError';
    this.protocol = protocol;
    this.port = port;
    this.status = status;
  }
}
