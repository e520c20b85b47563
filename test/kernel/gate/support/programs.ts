import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

const result = (program: string, args: string[]): string => {
  const { stdout, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`.trim();
};

/** A program in Python that binds the port and says `bound`, or the number of the error. */
export function python(
  port: number,
  { token, type = 'SOCK_STREAM' }: { token?: bigint; type?: string } = {},
): string[] {
  const associate = token === undefined ? '' : `s.setsockopt(0x5052, 1, struct.pack("=Q", ${token}))`;
  const script = `
import socket, struct, errno
s = socket.socket(socket.AF_INET, socket.${type})
try:
    ${associate || 'pass'}
    s.bind(("", ${port}))
    print("bound")
except OSError as e: print(errno.errorcode[e.errno])`;
  return ['/usr/bin/python3', '-c', script];
}

/** Runs the program as another user, without any of root's rights. */
export const asUser = (userId: number, [program, ...args]: string[], before: string[] = []): string =>
  result('setpriv', [`--reuid=${userId}`, `--regid=${userId}`, '--clear-groups', ...before, program!, ...args]);

/** Runs the program in the control group. */
export const inGroup = (group: string, command: string[]): string =>
  result('/bin/sh', ['-c', 'echo $$ > "$0/cgroup.procs" && exec "$@"', group, ...command]);

export const run = ([program, ...args]: string[]): string => result(program!, args);

/** Compiles a program of C. */
export function compile(source: string, into: string): string {
  const program = join(into, 'client');
  execFileSync('gcc', ['-x', 'c', '-', '-o', program], { input: source });
  return program;
}
