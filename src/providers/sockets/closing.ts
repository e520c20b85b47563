import { rowsOn } from '../proc/socket-table.ts';

/**
 * Whether only closing connections are left on the TCP port, which no process has any more. A bind without SO_REUSEADDR is
 * refused for up to a minute then, and a server's is not.
 */
export async function isLeftToClose(port: number): Promise<boolean> {
  const rows = await rowsOn('tcp', { startPort: port, numberOfPorts: 1 });
  return rows.length > 0 && rows.every(({ inode }) => inode === 0);
}
