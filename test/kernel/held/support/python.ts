import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Protocol } from '../../../../src/protocol/generated/contract.ts';
import { mayOwnNetwork } from './own-network.ts';

const script = (name: string) => join(import.meta.dirname, name);
const hasPython = spawnSync('python3', ['--version']).status === 0;

/** Why a test of this kind cannot run here, for its title; empty where it can. */
export const lacking = {
  python: process.platform !== 'linux' ? ' (skipped: needs Linux)' : hasPython ? '' : ' (skipped: needs python3)',
  get root() {
    return this.python || (mayOwnNetwork ? '' : ' (skipped: needs root, in the main thread)');
  },
};

/** The numeric id of the user `nobody`. */
export const nobody = 65534;

/** The addresses a server may want a port on: everything or this machine alone, IPv4 or IPv6. */
export const addresses = ['0.0.0.0', '127.0.0.1', '::', '::1'];

export interface Attempt {
  protocol: Protocol;
  address: string;
  /** 0: the system chooses. */
  port?: number;
  /** The port to connect to, from a local one that the system chooses. */
  connect?: number;
  options?: string[];
  repeat?: number;
}

interface BindOptions {
  user?: number;
  /** TCP ports to listen on meanwhile. */
  listen?: number[];
}

/** What another program gets: for each attempt the port it bound, or the name of the error. */
export function tryBinds(attempts: Attempt[], options: BindOptions = {}): (number | string)[] {
  const input = JSON.stringify({ attempts, ...options });
  return JSON.parse(execFileSync('python3', [script('binder.py')], { input, encoding: 'utf8', maxBuffer: 2 ** 26 }));
}

/** Starts a program that takes the port with SO_REUSEPORT and serves it; it is killed when the test ends. */
export async function startTaker(
  protocol: Protocol,
  address: string,
  port: number,
): Promise<{ kill(): Promise<void> }> {
  const child = spawn('python3', [script('taker.py'), protocol, address, `${port}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const kill = async () => {
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(kill);
  await Promise.race([
    once(child.stdout, 'data'),
    exited.then(([code]) => Promise.reject(new Error(`the taker ended with ${code}`))),
  ]);
  return { kill };
}

/** The command line that runs a program where there are no IPv6 sockets. */
export const withoutIpv6 = ['python3', script('without-family.py'), '10'];

/** The same where the kernel may not be asked by netlink. */
export const withoutNetlink = ['python3', script('without-family.py'), '16'];
