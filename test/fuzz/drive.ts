import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { readContract } from '../../tools/contract.mjs';
import { type Answer, RawPeer } from '../support/frames.ts';
import { Gun, type Shot } from './messages.ts';
import { Random } from './random.ts';
import type { Definitions } from './values.ts';

/** What a run came to. */
export interface Outcome {
  frames: number;
  answers: number;
  /** How often each code came; 0 is a result. */
  codes: Record<string, number>;
  /** The longest time in which the worker's event loop had no turn, in milliseconds. */
  longestStop: number;
  /** The most memory that the worker had, in bytes. */
  memory: number;
  /** What was not as it must be, the first of it. */
  faults: string[];
}

export interface Run {
  worker: string;
  env: NodeJS.ProcessEnv;
  frames: number;
  seed: number;
}

/** How many requests are in flight at most. */
const mostInFlight = 64;
const mostFaults = 20;

/** Watches the event loop inside the worker, and writes what it saw at the end. */
const watch = `
  import { monitorEventLoopDelay } from 'node:perf_hooks';
  const delay = monitorEventLoopDelay({ resolution: 5 });
  setTimeout(() => delay.enable(), 300).unref();
  process.on('exit', () => process.stderr.write('\\nstops ' + Math.round(delay.max / 1e6) + '\\n'));`;

/** Shoots frames at one worker and compares every answer with what it must be. */
export async function drive({ worker, env, frames, seed }: Run): Promise<Outcome> {
  const definitions = readContract('0').schema.definitions as Definitions;
  const random = new Random(seed);
  const gun = new Gun(random, definitions);
  const child = spawn(process.execPath, [worker, '--stdio', '--provider', 'ledger'], {
    env: { ...env, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(watch)}` },
    stdio: 'pipe',
  });
  const log = text(child.stderr);
  const ended = once(child, 'close');
  const peer = new RawPeer(child.stdout, child.stdin);
  const outcome: Outcome = { frames: 0, answers: 0, codes: {}, longestStop: 0, memory: 0, faults: [] };
  const waiting = new Map<string, Shot[]>();
  let inFlight = 0;

  const fault = (what: string) => outcome.faults.length < mostFaults && outcome.faults.push(`seed ${seed}: ${what}`);
  const keyOf = (id: unknown) => JSON.stringify(id);
  const take = (answer: Answer) => {
    if (answer.method !== undefined) return; // progress
    outcome.answers++;
    inFlight--;
    const code = answer.error?.code ?? 0;
    outcome.codes[code] = (outcome.codes[code] ?? 0) + 1;
    const shots = waiting.get(keyOf(answer.id)) ?? [];
    const index = shots.findIndex(
      ({ answer: must }) => must!.codes === 'any' || code === 0 || must!.codes.includes(code),
    );
    if (index < 0) {
      const kinds = shots.map(({ kind }) => kind).join(' or ') || 'nothing that was sent';
      fault(`${kinds} was answered with ${code} to ${keyOf(answer.id)}: ${answer.error?.message?.slice(0, 200)}`);
      shots.shift();
    } else shots.splice(index, 1);
    if (shots.length === 0) waiting.delete(keyOf(answer.id));
  };

  for (; outcome.frames < frames && child.exitCode === null && outcome.faults.length < mostFaults; outcome.frames++) {
    const shot = gun.next();
    if (shot.answer) {
      inFlight++;
      const key = keyOf(shot.answer.id);
      waiting.set(key, [...(waiting.get(key) ?? []), shot]);
    }
    send(peer, shot.bytes, random);
    while (inFlight >= mostInFlight) take(await peer.next());
    if (outcome.frames % 500 === 0) {
      outcome.memory = Math.max(outcome.memory, memoryOf(child.pid!));
      await release(peer, take, () => inFlight++, waiting);
    }
  }
  while (inFlight > 0) take(await peer.next());
  outcome.memory = Math.max(outcome.memory, memoryOf(child.pid!));
  peer.end();
  const [code] = await ended;
  const said = await log;
  if (code !== 0) fault(`the worker ended with ${code}: ${said.slice(-500)}`);
  if (peer.rest.some(({ method }) => method === undefined)) fault(`${peer.rest.length} answers too many`);
  const bug = /"level":"error".*/.exec(said);
  if (bug) fault(`the worker logged ${bug[0].slice(0, 500)}`);
  outcome.longestStop = Number(/stops (\d+)/.exec(said)?.[1] ?? Number.NaN);
  return outcome;
}

/** In one piece, or in two. */
function send(peer: RawPeer, bytes: Buffer, random: Random): void {
  const cut = random.chance(0.2) ? random.whole(0, bytes.length) : bytes.length;
  peer.send(bytes.subarray(0, cut));
  if (cut < bytes.length) peer.send(bytes.subarray(cut));
}

/** Frees what has gathered, so that there always are free ports. */
async function release(
  peer: RawPeer,
  take: (answer: Answer) => void,
  onSend: () => void,
  waiting: Map<string, Shot[]>,
): Promise<void> {
  const ask = (id: string, method: string, params: object) => {
    onSend();
    waiting.set(JSON.stringify(id), [{ kind: method, bytes: Buffer.alloc(0), answer: { id, codes: 'any' } }]);
    peer.request(id, method, params);
  };
  const answerTo = async (id: string) => {
    for (;;) {
      const answer = await peer.next();
      take(answer);
      if (answer.id === id) return answer;
    }
  };
  ask('list', 'reservation/list', {});
  const { result } = await answerTo('list');
  for (const { protocol, range } of (result?.reservations ?? []) as { protocol: string; range: object }[]) {
    ask('release', 'reservation/release', { protocol, range });
    await answerTo('release');
  }
}

function memoryOf(processId: number): number {
  try {
    return Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))![1]) * 1024;
  } catch {
    return 0;
  }
}
