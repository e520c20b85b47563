import { expect, test } from 'vitest';
import { PortSet } from '../../../src/protocol/port-set.ts';
import { LiveList } from '../../../src/providers/linux/live-list.ts';

const ports = PortSet.of([{ startPort: 5000, numberOfPorts: 10 }]);

test.skipIf(process.platform === 'win32')('a change that does not stay is an error, not a success', () => {
  // Takes every write and shows nothing of it, as a list does that another program rewrites each time.
  expect(() => new LiveList('/dev/null', '/dev/null/none').add(ports)).toThrow(
    'Another program keeps rewriting /dev/null.',
  );
});

test('a list that cannot be understood is an error, not an empty list', () => {
  const file = import.meta.filename;
  expect(() => new LiveList(file, '/dev/null/none').read()).toThrow(`Cannot understand ${file}: "import`);
});
