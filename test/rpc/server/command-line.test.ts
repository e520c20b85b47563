import { expect, test } from 'vitest';
import { parseCommandLine } from '../../../src/rpc/server/command-line.ts';

test.each([
  ['--stdio', { kind: 'serve', provider: 'auto' }],
  ['--stdio --provider ledger', { kind: 'serve', provider: 'ledger' }],
  ['--provider=linux --stdio', { kind: 'serve', provider: 'linux' }],
  ['--help', { kind: 'help' }],
  ['--stdio --version', { kind: 'version' }],
  ['', { kind: 'wrong', reason: '--stdio or --listen is missing' }],
  ['--stdio --provider', { kind: 'wrong', reason: '--provider must be one of auto, windows, linux, ledger' }],
  [
    '--stdio --provider constructor',
    { kind: 'wrong', reason: '--provider must be one of auto, windows, linux, ledger' },
  ],
  ['--stdio --port', { kind: 'wrong', reason: 'unknown argument "--port"' }],
  ['--stdio extra', { kind: 'wrong', reason: 'unknown argument "extra"' }],
])('reads "%s"', (line, expected) => {
  expect(parseCommandLine(line.split(' ').filter(Boolean))).toEqual(expected);
});
