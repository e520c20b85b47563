import { expect, test } from 'vitest';
import { commandFor } from '../../src/cli/words.ts';
import { toDo, toRun } from '../../src/protocol/remedies.ts';
import { commandLine } from './support.ts';

const range = { startPort: 5000, numberOfPorts: 10 };

test('a remedy of ours is a command of this program, and one of the system is left as it is', () => {
  expect(commandFor(toDo('release', 'tcp', range))).toBe('portreservation remove 5000-5009');
  expect(commandFor(toDo('release', 'udp', range, 'ledger'))).toBe(
    'portreservation remove 5000-5009 --protocol udp --provider ledger',
  );
  expect(commandFor(toDo('unexclude', 'tcp', range))).toBe('portreservation exclude remove 5000-5009');
  expect(commandFor(toDo('exclude', 'udp', range))).toBe('portreservation exclude add 5000-5009 --protocol udp');
  expect(commandFor(toDo('restartNat', 'tcp', range))).toBe('portreservation exclude add 5000-5009 --restart-nat');
  expect(commandFor(toDo('reserve', 'tcp', range))).toBe(
    'portreservation new --persistent --start-port 5000 --ports 10',
  );
  expect(commandFor(toDo('inspect', 'tcp', range))).toBe('portreservation status 5000-5009');
  expect(commandFor(toRun('kill 4711'))).toBe('kill 4711');
});

const actions = ['release', 'unexclude', 'exclude', 'restartNat', 'reserve', 'restore', 'inspect'] as const;

test.each(actions)('%s is understood by the program', async (action) => {
  const [, ...words] = commandFor(toDo(action, 'udp', range, 'ledger')).split(' ');
  // Whatever comes of it here: no word is wrong.
  expect((await commandLine()(...words)).code).not.toBe(64);
});
