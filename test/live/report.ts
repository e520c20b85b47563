import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, release, version } from 'node:os';
import { join } from 'node:path';

export interface Answer {
  question: string;
  assumed?: unknown;
  answer: unknown;
}

const text = (value: unknown) => (value === undefined ? '' : `\`${JSON.stringify(value).replaceAll('|', '\\|')}\``);

function row({ question, assumed, answer }: Answer): string {
  const agrees = assumed === undefined ? '' : JSON.stringify(assumed) === JSON.stringify(answer) ? 'yes' : '**no**';
  return `| ${question} | ${text(assumed)} | ${text(answer)} | ${agrees} |`;
}

/** Writes what this Windows answered to build/live, as JSON and as a table. */
export function writeReport(elevated: boolean, answers: Answer[]): void {
  const folder = join(import.meta.dirname, '../../build/live');
  mkdirSync(folder, { recursive: true });
  const system = { version: version(), release: release(), arch: arch(), node: process.version, elevated };
  const name = join(folder, `report-${elevated ? 'elevated' : 'ordinary'}`);
  writeFileSync(`${name}.json`, `${JSON.stringify({ system, answers }, null, 2)}\n`);
  const lines = [
    '# Open points, answered by a real Windows',
    '',
    `${system.version} ${system.release} ${system.arch}, Node ${system.node}, ${elevated ? 'elevated' : 'not elevated'}`,
    '',
    '| question | the simulated kernel assumes | this Windows | the same |',
    '|---|---|---|---|',
    ...answers.map(row),
  ];
  writeFileSync(`${name}.md`, `${lines.join('\n')}\n`);
}
