import { parseDynamicPortRange, parseExcludedPortRanges } from '../../src/providers/windows/excluded-port-ranges.ts';
import type { Caller } from '../lab/caller.ts';
import type { OpenPoint } from './open-points.ts';

/* What netsh says and does, and whom its rows and reservations keep out. */

/** The rows of the protocol that touch the ports, as `5000-5001 *`, with the store that shows each. */
async function rowsOf(caller: Caller, start: number, count: number, protocol = 'tcp'): Promise<string[]> {
  const found: string[] = [];
  for (const store of ['active', 'persistent']) {
    const { output } = await caller.call('netsh', 'interface', 'ipv4', 'show', 'excludedportrange', protocol, store);
    for (const { range, administered } of parseExcludedPortRanges(output) ?? []) {
      const end = range.startPort + range.numberOfPorts - 1;
      if (range.startPort < start + count && end >= start)
        found.push(`${store} ${range.startPort - start}-${end - start}${administered ? ' *' : ''}`);
    }
  }
  return found;
}

/** What netsh answers to an exclusion, and the rows after it, counted from the first port. */
async function netsh(caller: Caller, verb: 'add' | 'delete', first: number, count: number, store = 'persistent') {
  const where = ['protocol=tcp', `startport=${first}`, `numberofports=${count}`, `store=${store}`];
  const { code, output } = await caller.call('netsh', 'interface', 'ipv4', verb, 'excludedportrange', ...where);
  return { code, said: output.trim(), rows: await rowsOf(caller, first, count) };
}

const inUse = 'The process cannot access the file because it is being used by another process.';
const both = (row: string) => [`active ${row}`, `persistent ${row}`];

/** With an administrator's rights. */
export const netshPoints: OpenPoint[] = [
  {
    question: 'Plain bind on a persistent reservation by the very process that made it, IPv4 and IPv6',
    needsElevation: true,
    assumed: [10013, 10013],
    ask: async ({ caller, start }) => {
      await caller.call('create', 'tcp', start, 2);
      const bind = async (port: number, family: number) =>
        (await caller.call('bind', await caller.call('socket', 'tcp', family), port)).code;
      return [await bind(start, 2), await bind(start + 1, 23)];
    },
  },
  {
    question: 'netsh add of free ports, again, of a part, and in the other store; delete, and delete of what is absent',
    needsElevation: true,
    assumed: {
      add: { code: 0, said: 'Ok.', rows: both('0-1 *') },
      again: { code: 1, said: inUse, rows: both('0-1 *') },
      part: { code: 1, said: inUse, rows: both('-1-0 *') },
      active: { code: 1, said: inUse, rows: both('0-1 *') },
      delete: { code: 0, said: 'Ok.', rows: [] },
      absent: { code: 1, said: 'The system cannot find the file specified.', rows: [] },
    },
    ask: async ({ caller, start }) => ({
      add: await netsh(caller, 'add', start, 2),
      again: await netsh(caller, 'add', start, 2),
      part: await netsh(caller, 'add', start + 1, 1),
      active: await netsh(caller, 'add', start, 2, 'active'),
      delete: await netsh(caller, 'delete', start, 2),
      absent: await netsh(caller, 'delete', start, 2),
    }),
  },
  {
    question: 'netsh add of a port that is listened on, and of one that is only bound',
    needsElevation: true,
    assumed: { listening: { code: 1, said: inUse, rows: [] }, bound: { code: 1, said: inUse, rows: [] } },
    ask: async ({ caller, other, start }) => {
      const listening = await other.call('socket', 'tcp', 23);
      await other.call('bind', listening, start);
      await other.call('listen', listening);
      await other.call('bind', await other.call('socket', 'tcp', 23), start + 1);
      return { listening: await netsh(caller, 'add', start, 1), bound: await netsh(caller, 'add', start + 1, 1) };
    },
  },
  {
    question: 'netsh add over a persistent and over a runtime reservation, and delete of each of their rows',
    needsElevation: true,
    assumed: {
      persistent: { code: 1, said: inUse, rows: both('0-1') },
      runtime: { code: 1, said: inUse, rows: ['active 0-1'] },
      deletePersistent: { code: 1, said: 'Access is denied.', rows: both('0-1') },
      deleteRuntime: { code: 1, said: 'Access is denied.', rows: ['active 0-1'] },
      lookup: 0,
    },
    ask: async ({ caller, start }) => {
      await caller.call('create', 'tcp', start, 2);
      await caller.call('acquire', await caller.call('socket', 'tcp'), start + 4, 2);
      return {
        persistent: await netsh(caller, 'add', start, 2),
        runtime: await netsh(caller, 'add', start + 4, 2),
        deletePersistent: await netsh(caller, 'delete', start, 2),
        deleteRuntime: await netsh(caller, 'delete', start + 4, 2, 'active'),
        lookup: (await caller.call('lookup', 'tcp', start, 2)).code,
      };
    },
  },
  {
    question:
      'HttpListener on an excluded port, on a persistently reserved one, and on a free one; the rows of the last',
    needsElevation: true,
    assumed: { excluded: 32, reserved: 32, free: 0, rows: ['active 0-0'], after: [] },
    ask: async ({ caller, start }) => {
      await netsh(caller, 'add', start, 1);
      await caller.call('create', 'tcp', start + 2, 1);
      const code = async (port: number) => {
        const answer = await caller.call('http', port);
        if (answer.code !== 0) await caller.call('httpEnd', port);
        return answer.code;
      };
      const [excluded, reserved, free] = [await code(start), await code(start + 2), await code(start + 4)];
      const rows = await rowsOf(caller, start + 4, 1);
      await caller.call('httpEnd', start + 4);
      await netsh(caller, 'delete', start, 1);
      return { excluded, reserved, free, rows, after: await rowsOf(caller, start + 4, 1) };
    },
  },
  {
    question: 'The rows of a url reservation that nobody listens on',
    needsElevation: true,
    assumed: { code: 0, rows: [] },
    ask: async ({ caller, start }) => {
      const url = `url=http://+:${start}/port-reservation/`;
      const { code } = await caller.call('netsh', 'http', 'add', 'urlacl', url, 'sddl=D:(A;;GX;;;WD)');
      const rows = await rowsOf(caller, start, 1);
      await caller.call('netsh', 'http', 'delete', 'urlacl', url);
      return { code, rows };
    },
  },
  {
    question: "Whether a new dynamic range of IPv4 is IPv6's as well",
    needsElevation: true,
    assumed: { ipv4: { startPort: 50_000, numberOfPorts: 15_000 }, ipv6: { startPort: 50_000, numberOfPorts: 15_000 } },
    ask: async ({ caller }) => {
      const rangeOf = async (family: string) =>
        parseDynamicPortRange((await caller.call('netsh', 'interface', family, 'show', 'dynamicport', 'tcp')).output);
      const set = (family: string, start: number, count: number) =>
        caller.call('netsh', 'interface', family, 'set', 'dynamicport', 'tcp', `start=${start}`, `num=${count}`);
      const before = { ipv4: await rangeOf('ipv4'), ipv6: await rangeOf('ipv6') };
      try {
        await set('ipv4', 50_000, 15_000);
        return { ipv4: await rangeOf('ipv4'), ipv6: await rangeOf('ipv6') };
      } finally {
        for (const family of ['ipv4', 'ipv6'] as const) {
          const range = before[family];
          if (range) await set(family, range.startPort, range.numberOfPorts);
        }
      }
    },
  },
];

/** A port in a block of WinNAT's, if there is one. */
async function natBlock(caller: Caller): Promise<{ startPort: number; numberOfPorts: number } | undefined> {
  const { output } = await caller.call('netsh', 'interface', 'ipv4', 'show', 'excludedportrange', 'tcp', 'active');
  const rows = parseExcludedPortRanges(output) ?? [];
  return rows.find(({ administered, range }) => !administered && range.numberOfPorts > 1)?.range;
}

/** netsh add inside a block without a star, as WinNAT's are; `undefined` where this Windows has none. */
export const natPoint: OpenPoint = {
  question: "netsh add inside a block without a star (WinNAT's, if there is one)",
  needsElevation: true,
  assumed: { code: 1, said: inUse, rows: ['active -1-2'] },
  ask: async ({ caller }) => {
    const block = await natBlock(caller);
    return block && netsh(caller, 'add', block.startPort + 1, 1);
  },
};

/** What an administrator made before an ordinary user is asked. */
export interface Prepared {
  /** A port of a persistent reservation of one port. */
  reserved: number;
  /** An excluded port. */
  excluded: number;
}

/** Without an administrator's rights, of what one made. */
export const ordinaryPoints: {
  question: string;
  assumed: unknown;
  ask(caller: Caller, prepared: Prepared): Promise<unknown>;
}[] = [
  {
    question: 'Lookup of an existing persistent reservation without elevation',
    assumed: 0,
    ask: async (caller, { reserved }) => (await caller.call('lookup', 'tcp', reserved, 1)).code,
  },
  {
    question: 'Plain bind on a persistent reservation without elevation, IPv4 and IPv6',
    assumed: [10013, 10013],
    ask: async (caller, { reserved }) => {
      const bind = async (family: number) =>
        (await caller.call('bind', await caller.call('socket', 'tcp', family), reserved)).code;
      return [await bind(2), await bind(23)];
    },
  },
  {
    question: 'ASSOCIATE of a persistent token without elevation',
    assumed: 10013,
    ask: async (caller, { reserved }) => {
      const { token } = await caller.call('lookup', 'tcp', reserved, 1);
      if (token === undefined) return 'Lookup gave no token';
      return (await caller.call('associate', await caller.call('socket', 'tcp'), token)).code;
    },
  },
  {
    question: 'netsh add and delete without elevation',
    assumed: {
      add: { code: 1, said: 'The requested operation requires elevation (Run as administrator).', rows: [] },
      delete: {
        code: 1,
        said: 'The requested operation requires elevation (Run as administrator).',
        rows: both('0-0 *'),
      },
    },
    ask: async (caller, { excluded }) => ({
      add: await netsh(caller, 'add', excluded + 2, 1),
      delete: await netsh(caller, 'delete', excluded, 1),
    }),
  },
  {
    question: 'HttpListener without elevation on an excluded and on a reserved port',
    assumed: [32, 32],
    ask: async (caller, { excluded, reserved }) => {
      const codes: number[] = [];
      for (const port of [excluded, reserved]) {
        codes.push((await caller.call('http', port)).code);
        await caller.call('httpEnd', port);
      }
      return codes;
    },
  },
];
