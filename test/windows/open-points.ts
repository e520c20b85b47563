import type { Caller } from '../lab/caller.ts';

/** What a question is asked with. */
interface Asking {
  /** The process that asks; elevated where the question needs it. */
  caller: Caller;
  /** Another process with the same rights. */
  other: Caller;
  /** The first of 16 free ports. */
  start: number;
}

/** A question that the documentation leaves open, and what the simulated kernel assumes until a real Windows says. */
export interface OpenPoint {
  question: string;
  needsElevation?: boolean;
  assumed: unknown;
  ask(asking: Asking): Promise<unknown>;
}

const acquired = async ({ caller, start }: Asking, protocol = 'tcp', count = 2) => {
  const control = await caller.call('socket', protocol);
  return { control, ...(await caller.call('acquire', control, start, count)) };
};

/** The code of a plain bind, in the other process. */
const plainBind = async ({ other }: Asking, port: number, family = 2, protocol = 'tcp') =>
  (await other.call('bind', await other.call('socket', protocol, family), port)).code;

const associated = async (caller: Caller, token: string, protocol = 'tcp', family = 2) => {
  const socket = await caller.call('socket', protocol, family);
  return { socket, code: (await caller.call('associate', socket, token)).code };
};

export const openPoints: OpenPoint[] = [
  {
    question: 'Plain bind of a port of a runtime reservation, IPv4 and IPv6',
    assumed: [10013, 10013],
    ask: async (asking) => {
      await acquired(asking);
      return [await plainBind(asking, asking.start), await plainBind(asking, asking.start + 1, 23)];
    },
  },
  {
    question: 'Plain bind of a port of a persistent reservation by an elevated process, IPv4 and IPv6',
    needsElevation: true,
    assumed: [10013, 10013],
    ask: async (asking) => {
      await asking.caller.call('create', 'tcp', asking.start, 2);
      return [await plainBind(asking, asking.start), await plainBind(asking, asking.start + 1, 23)];
    },
  },
  {
    question: 'Lookup of a range that is not reserved',
    assumed: 1168,
    ask: async ({ caller, start }) => (await caller.call('lookup', 'tcp', start, 2)).code,
  },
  {
    question: 'Lookup and Delete of a block past 65535',
    needsElevation: true,
    assumed: [1168, 1168],
    ask: async ({ caller }) => [
      (await caller.call('lookup', 'tcp', 65530, 7)).code,
      (await caller.call('delete', 'tcp', 65530, 7)).code,
    ],
  },
  {
    question: 'ACQUIRE of no port, of a block past 65535, and over another runtime reservation',
    assumed: [10022, 10022, 10048],
    ask: async (asking) => {
      const { control } = await acquired(asking);
      const code = async (first: number, count: number) =>
        (await asking.caller.call('acquire', control, first, count)).code;
      return [await code(asking.start + 4, 0), await code(65530, 7), await code(asking.start + 1, 2)];
    },
  },
  {
    question: 'ACQUIRE inside a persistent reservation, and Create over a runtime one',
    needsElevation: true,
    assumed: [10048, 32],
    ask: async (asking) => {
      await acquired(asking);
      const over = (await asking.caller.call('create', 'tcp', asking.start, 1)).code;
      await asking.caller.call('create', 'tcp', asking.start + 4, 2);
      const control = await asking.caller.call('socket', 'tcp');
      return [(await asking.caller.call('acquire', control, asking.start + 5, 1)).code, over];
    },
  },
  {
    question: 'ASSOCIATE of a TCP token on a UDP socket, of a token twice, and of another process',
    assumed: [10022, 10022, 10022],
    ask: async (asking) => {
      const { token } = await acquired(asking);
      const { socket } = await associated(asking.caller, token!);
      const twice = (await asking.caller.call('associate', socket, token!)).code;
      const udp = (await associated(asking.caller, token!, 'udp')).code;
      return [udp, twice, (await associated(asking.other, token!)).code];
    },
  },
  {
    question: 'Bind with a token: outside the block, and port 0 when the block is used up',
    assumed: [10022, 10048],
    ask: async (asking) => {
      const { token } = await acquired(asking, 'tcp', 1);
      const outside = await associated(asking.caller, token!);
      const code = (await asking.caller.call('bind', outside.socket, asking.start + 5)).code;
      const first = await associated(asking.caller, token!);
      await asking.caller.call('bind', first.socket, asking.start);
      await asking.caller.call('listen', first.socket);
      const last = await associated(asking.caller, token!);
      return [code, (await asking.caller.call('bind', last.socket, 0)).code];
    },
  },
  {
    question: 'One token on an IPv6 socket, bound by number',
    assumed: { associate: 0, bind: 0 },
    ask: async (asking) => {
      const { token } = await acquired(asking);
      const { socket, code } = await associated(asking.caller, token!, 'tcp', 23);
      return { associate: code, bind: (await asking.caller.call('bind', socket, asking.start)).code };
    },
  },
  {
    question: 'RELEASE while an associated socket is open, of another process, and after all that',
    assumed: [10022, 10022, 0],
    ask: async (asking) => {
      const { control, token } = await acquired(asking);
      const { socket } = await associated(asking.caller, token!);
      const held = (await asking.caller.call('release', control, token!)).code;
      const theirs = await asking.other.call('release', await asking.other.call('socket', 'tcp'), token!);
      await asking.caller.call('close', socket);
      return [held, theirs.code, (await asking.caller.call('release', control, token!)).code];
    },
  },
  {
    question:
      'closesocket of the acquiring socket while an associated one is bound: may another process have the block',
    assumed: { inUse: 10048, other: 0 },
    ask: async (asking) => {
      const { control, token } = await acquired(asking);
      const { socket } = await associated(asking.caller, token!);
      await asking.caller.call('bind', socket, asking.start);
      await asking.caller.call('listen', socket);
      await asking.caller.call('close', control);
      return { inUse: await plainBind(asking, asking.start), other: await plainBind(asking, asking.start + 1) };
    },
  },
  {
    question: 'Delete while an associated socket listens, Create again, and with the old token on a new socket',
    needsElevation: true,
    assumed: [0, 32, 10022],
    ask: async (asking) => {
      const { token } = await asking.caller.call('create', 'tcp', asking.start, 1);
      const { socket } = await associated(asking.caller, token!);
      await asking.caller.call('bind', socket, asking.start);
      await asking.caller.call('listen', socket);
      const deleted = (await asking.caller.call('delete', 'tcp', asking.start, 1)).code;
      const again = (await asking.caller.call('create', 'tcp', asking.start, 1)).code;
      return [deleted, again, (await associated(asking.caller, token!)).code];
    },
  },
];
