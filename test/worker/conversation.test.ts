import { readFileSync, writeFileSync } from 'node:fs';
import { networkInterfaces, userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import type { Reservation } from '../../src/protocol/generated/contract.ts';
import { type Answer, frame } from '../support/frames.ts';
import { startRawWorker } from '../support/worker.ts';

/** The transcript that docs/protocol.md shows. UPDATE_GOLDEN=1 writes what the worker answers today. */
const file = fileURLToPath(new URL('../../docs/conversation.txt', import.meta.url));

/** What differs from machine to machine and from time to time, as the transcript shows it. */
const shown = {
  token: '13835058055282163712',
  user: 'ada',
  processId: 4711,
  processStartTime: '2026-01-02T03:00:00.123Z',
  host: 'lovelace',
  createdAt: '2026-01-02T03:04:05.678Z',
  version: '1.0.0',
};
const shownPort = 21040;

/** What was reserved in the conversation. */
interface Reserved {
  token: string;
  startPort: number;
  numberOfPorts: number;
}

/** Changes each value inside; the function gets the name of its field. */
function mapValues(value: unknown, change: (value: unknown, name: string) => unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map((item) => mapValues(item, change));
  if (typeof value !== 'object' || value === null) return change(value, name);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapValues(item, change, key)]));
}

/** The same port of the other block, or the number itself where it is no port of the first. */
const moved = (port: number, from: number, to: number, numberOfPorts: number) =>
  port >= from && port < from + numberOfPorts ? to + port - from : port;

function asShown(answer: Answer, { token, startPort, numberOfPorts }: Reserved, processId: number): unknown {
  const port = (number: number) => moved(number, startPort, shownPort, numberOfPorts);
  // The worker's own sockets are listed by Linux 6.8 and later, with its place on this machine.
  const listed = JSON.stringify(answer).replace(/"holders":\[\{"state":"bound".*?\}\]/g, '"holders":[]');
  return mapValues(JSON.parse(listed), (value, name) => {
    if (name in shown) return shown[name as keyof typeof shown];
    if (name === 'port' || name === 'startPort') return port(value as number);
    if (typeof value !== 'string') return value;
    return value
      .replaceAll(token, shown.token)
      .replaceAll(`of ${userInfo().username} (process ${processId})`, `of ${shown.user} (process ${shown.processId})`)
      .replace(/\b\d{5}\b/g, (digits) => String(port(Number(digits))));
  });
}

function asMeant(message: object, { token, startPort, numberOfPorts }: Reserved): object {
  return mapValues(message, (value, name) => {
    if (name === 'processId') return process.pid;
    if (name === 'token') return token;
    return name === 'startPort' ? moved(value as number, shownPort, startPort, numberOfPorts) : value;
  }) as object;
}

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'));
const reason = process.platform === 'linux' && hasIPv6 ? '' : ' (skipped: it is of a Linux machine with IPv6)';

test.skipIf(reason)(`the worker converses as docs/protocol.md shows${reason}`, async () => {
  const text = readFileSync(file, 'utf8');
  const { child, peer, ended } = startRawWorker(onTestFinished);
  let reserved: Reserved = { token: shown.token, startPort: shownPort, numberOfPorts: 0 };
  const lines: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    if (line.startsWith('--> ')) peer.send(frame(asMeant(JSON.parse(line.slice(4)), reserved)));
    if (!line.startsWith('<--')) {
      lines.push(line);
      continue;
    }
    const answer = await peer.next();
    const [{ token, range } = {} as Partial<Reservation>] = (answer.result?.reservations ?? []) as Reservation[];
    if (token && range && reserved.numberOfPorts === 0) reserved = { token, ...range };
    lines.push(`<-- ${JSON.stringify(asShown(answer, reserved, child.pid!))}`);
  }
  expect(await ended).toBe(0);
  const today = `${lines.join('\n')}\n`;
  if (process.env.UPDATE_GOLDEN) writeFileSync(file, today);
  expect(today, 'UPDATE_GOLDEN=1 and node build.mjs --generate bring it up to date').toBe(
    process.env.UPDATE_GOLDEN ? today : text,
  );
});
