import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Protocol } from '../../../protocol/generated/contract.ts';

const run = promisify(execFile);

/** Only the system's own: this may run as root. */
const systemctl = '/usr/bin/systemctl';
/** More than a busy system takes to answer. */
const patience = 5000;

/** A socket unit and the service it starts. */
export interface SocketUnit {
  socket: string;
  service: string;
}

const columns = /^(\S+)\s+(Stream|Datagram)\s+(\S+\.socket)\s+(\S+)/;

/** Reads `systemctl list-sockets --show-types --plain --no-legend`: the units that listen on the port. */
export function parseSocketUnits(text: string, protocol: Protocol, port: number): SocketUnit[] {
  const type = protocol === 'tcp' ? 'Stream' : 'Datagram';
  const found = new Map<string, SocketUnit>();
  for (const line of text.split('\n')) {
    const [, listens, kind, socket, service] = columns.exec(line.trim()) ?? [];
    const isIts = kind === type && (listens === `${port}` || listens?.endsWith(`:${port}`));
    if (isIts) found.set(socket!, { socket: socket!, service: service!.replace(/,$/, '') });
  }
  return [...found.values()];
}

/** The units that listen on the port; none where the service manager does not say. */
export async function socketUnits(protocol: Protocol, port: number, isUsers: boolean): Promise<SocketUnit[]> {
  const words = ['list-sockets', '--all', '--full', '--show-types', '--plain', '--no-legend', '--no-pager'];
  try {
    const { stdout } = await run(systemctl, [...(isUsers ? ['--user'] : []), ...words], { timeout: patience });
    return parseSocketUnits(stdout, protocol, port);
  } catch {
    return [];
  }
}
