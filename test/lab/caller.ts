import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Deferred, deferred } from './deferred.ts';
import type { LabProcess, Result } from './driver.ts';

/** Runs under Windows Node and does what a Caller is told. */
export const callerScript = fileURLToPath(new URL('caller.mjs', import.meta.url));

/** Ports are plain numbers, tokens strings of decimal digits, sockets their handles. */
interface Primitives {
  create(protocol: string, startPort: number, numberOfPorts: number): { code: number; token?: string };
  lookup(protocol: string, startPort: number, numberOfPorts: number): { code: number; token?: string };
  delete(protocol: string, startPort: number, numberOfPorts: number): { code: number };
  socket(protocol: string, family?: number): number;
  acquire(
    socket: number,
    startPort: number,
    numberOfPorts: number,
  ): { code: number; bytes: number; startPort?: number; numberOfPorts?: number; token?: string };
  associate(socket: number, token: string): { code: number; bytes: number };
  release(socket: number, token: string): { code: number; bytes: number };
  /** WSAIoctl with any input (hexadecimal, or null) and output size; `bytes` null: no place for the count. */
  ioctl(
    socket: number,
    code: number,
    input: string | null,
    outputSize: number,
    bytes?: null,
  ): { code: number; bytes: number | null };
  /** On all addresses of its family, or on loopback alone. */
  bind(socket: number, port: number, isLoopback?: boolean): { code: number; port?: number };
  listen(socket: number): { code: number };
  connect(socket: number, port: number): { code: number; port?: number };
  sendTo(socket: number, port: number): { code: number; port?: number };
  reuse(socket: number): { code: number };
  close(socket: number): { code: number };
  /** WinNAT takes a range, as it does at its start; its service is there and runs from then on. */
  winnatTakes(protocol: string, startPort: number, numberOfPorts: number): { code: number };
  /** WinNAT's service: no state, when there is none; and how often it was stopped. */
  winnat(): { state?: 'running' | 'stopped'; stops: number };
  /** A guest gets a range that no table shows; binds inside are refused with the code. */
  hides(protocol: string, startPort: number, numberOfPorts: number, code: number): { code: number };
  /** HTTP.sys is asked to listen there: 0 or its error. */
  httpListens(port: number): { code: number };
  /** How often any process has called SIO_ACQUIRE_PORT_RESERVATION by number. */
  acquireCalls(): number;
  /** Lets a change of its state not come to its end, until told otherwise. */
  holdWinnat(held: boolean): Record<string, never>;
  /** An HttpListener listens there from now on: 0 or its error. */
  http(port: number): { code: number };
  httpEnd(port: number): { code: number };
  netsh(...args: string[]): { code: number; output: string };
  /** Whether this process may think itself elevated. */
  elevated(): boolean;
}

/** A Windows process that makes one primitive call at a time. */
export class Caller {
  readonly process: LabProcess;
  #waiting: Deferred<string>[] = [];

  constructor(process: LabProcess) {
    this.process = process;
    createInterface({ input: process.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    process.ended.then(
      ({ stderr }) => this.#failAll(new Error(`The caller has ended. ${stderr}`)),
      (error) => this.#failAll(error),
    );
  }

  #failAll(error: Error): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  /** Makes the call; rejects with what the call threw. */
  async call<Name extends keyof Primitives>(
    name: Name,
    ...args: Parameters<Primitives[Name]>
  ): Promise<ReturnType<Primitives[Name]>> {
    const answer = deferred<string>();
    this.#waiting.push(answer);
    this.process.stdin.write(`${JSON.stringify({ name, args })}\n`);
    const { result, error } = JSON.parse(await answer.promise);
    if (error) throw new Error(error);
    return result;
  }

  kill(): Promise<Result> {
    return this.process.kill();
  }
}
