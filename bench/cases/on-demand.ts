import { execFileSync, spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Case, median, paired, pairedBy, type Result, skipped, timed } from '../measure.ts';
import { environment } from '../support.ts';
import { has, portserver, treeUnderExec } from './on-demand/servers.ts';

const source = (name: string) => fileURLToPath(new URL(`../../bench/cases/on-demand/${name}`, import.meta.url));
const floor = "portpicker's portserver, same client";
const aim = '<= 2 x, <= 60 ms';

/** Sixteen processes of a client, each of which asks for ten ports: by exec, and by portserver. */
function many(language: string, build: (client: string) => string[] | undefined, isTimedByItself: boolean): Case {
  const name = `on demand: 16 processes, 10 ports each, ${language}`;
  return {
    name,
    async run() {
      const client = join(environment().PORT_RESERVATION_HOME!, `asking-${language}`);
      const compiler = build(client);
      if (!compiler || spawnSync(compiler[0]!, compiler.slice(1), { stdio: 'inherit' }).status !== 0) {
        return skipped(name, 'no compiler');
      }
      const theirs = await portserver();
      if (!theirs) return skipped(name, 'no portserver, of python3-portpicker');
      const ours = await treeUnderExec();
      const all = (address: string) => Number(execFileSync(client, [address, '16', '10'], { encoding: 'utf8' }));
      const measured = await (isTimedByItself
        ? pairedBy(
            15,
            () => all(ours.address),
            () => all(theirs.address),
          )
        : paired(
            15,
            () => void all(ours.address),
            () => void all(theirs.address),
          ));
      await Promise.all([ours.end(), theirs.end()]);
      return [{ name, ...measured, floor, aim }];
    },
  };
}

async function ask(address: string): Promise<void> {
  const socket = connect(address).end(`${process.pid}\n`);
  for await (const _ of socket) void _;
}

const one: Case = {
  name: 'on demand: one port, and the first of a tree',
  async run() {
    const results: Result[] = [];
    const first: number[] = [];
    for (let round = 0; round < 9; round++) {
      const tree = await treeUnderExec();
      first.push(await timed(() => ask(tree.address)));
      await tree.end();
    }
    results.push({ name: 'on demand: the first question of a tree', milliseconds: median(first) });
    const name = 'on demand: one port more';
    const theirs = await portserver();
    if (!theirs) return [...results, ...skipped(name, 'no portserver, of python3-portpicker')];
    const ours = await treeUnderExec();
    const measured = await paired(
      200,
      () => ask(ours.address),
      () => ask(theirs.address),
    );
    await Promise.all([ours.end(), theirs.end()]);
    return [...results, { name, ...measured, floor, aim: '<= 2 x' }];
  },
};

const inC = (client: string) => ['gcc', '-O1', '-o', client, source('asking.c')];
const inGo = (client: string) =>
  has('go', 'version') ? ['go', 'build', '-o', client, source('asking.go')] : undefined;

export const onDemandCases: Case[] = [many('C', inC, false), many('Go', inGo, true), one];
