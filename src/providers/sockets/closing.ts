import { visitSockets } from '../proc/proc-net.ts';
import { socketRowReader } from '../proc/socket-row.ts';

/**
 * Whether only closing connections are left on the TCP port, which no process has any more. A bind without SO_REUSEADDR is
 * refused for up to a minute then, and a server's is not.
 */
export async function isLeftToClose(port: number): Promise<boolean> {
  const readRow = socketRowReader();
  let isLeft = false;
  let isHad = false;
  await visitSockets('tcp', (other, state, table, start) => {
    if (other !== port) return;
    isLeft = true;
    isHad ||= readRow(table, start, state).inode !== 0;
  });
  return isLeft && !isHad;
}
