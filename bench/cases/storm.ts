import { type Case, median, type Result } from '../measure.ts';
import { byAddress, byFind, byGetPort, byPortZero, runStorm } from '../storm.ts';
import { environment, libraryFile } from '../support.ts';
import { portserver, type Server, treeUnderExec } from './on-demand/servers.ts';

const size = { processes: 16, ports: 10, rounds: 8 };

/** Who is asked in the storm; undefined where it is not installed. */
type Asked = { name: string; pick: string; serve?: () => Promise<Server | undefined>; aim?: string };

const none = '0 duplicates, 0 lost';

const all: Asked[] = [
  { name: 'exec', pick: byAddress, serve: treeUnderExec, aim: none },
  { name: 'portserver', pick: byAddress, serve: portserver },
  { name: 'getPort', pick: byGetPort(libraryFile), aim: none },
  { name: 'find', pick: byFind(libraryFile), aim: none },
  { name: 'port 0, closed', pick: byPortZero },
];

async function blow({ name: asked, pick, serve, aim }: Asked): Promise<Result> {
  const name = `storm: ${asked}`;
  const server = await serve?.();
  if (serve && !server) return { name, skipped: 'no portserver, of python3-portpicker' };
  const env = { ...environment(), ...(server && { PORTSERVER_ADDRESS: server.address }) };
  const { picked, duplicates, lost, failed, times } = await runStorm(pick, size, env);
  await server?.end();
  const counts = `each of 8 rounds; of ${picked}: ${duplicates} duplicates, ${lost} lost, ${failed} failed`;
  return { name, milliseconds: median(times), counts, aim };
}

export const stormCases: Case[] = all.map((asked) => ({
  name: `storm: 16 processes, 10 ports each, 8 rounds, ${asked.name}`,
  run: async () => [await blow(asked)],
}));
