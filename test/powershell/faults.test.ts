import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ModuleSession, quoted } from './module-session.ts';

const faultyWorker = fileURLToPath(new URL('../fixtures/faulty-worker.mjs', import.meta.url));

let session: ModuleSession;
let marks = 0;
beforeAll(async () => {
  session = await ModuleSession.start();
});
beforeEach(() => session.reset());
afterAll(() => session[Symbol.asyncDispose]());

/** The arguments that start a worker with this fault, once where that is asked for. */
function faulty(fault: string, moment: 'initialize' | 'later', isOnce = true): string {
  const words = [process.execPath, faultyWorker, fault, moment];
  if (isOnce) words.push(join(session.folder, `mark-${++marks}`));
  return `-CommandLine ${words.map(quoted).join(', ')}`;
}

const later: [fault: string, id: string, says: RegExp][] = [
  [
    'exit-midway',
    'WorkerExited',
    /ended with exit code 3\. Its last lines: the first of the last words\nthe last words$/,
  ],
  ['half-frame', 'WorkerExited', /ended with exit code 4\.$/],
  ['garbage', 'WorkerProtocolError', /'Welcome to the worker!'/],
  ['not-json', 'WorkerProtocolError', /no JSON object/],
  ['not-an-object', 'WorkerProtocolError', /no JSON object/],
  ['not-utf-8', 'WorkerProtocolError', /was ended because it broke the protocol/],
  ['no-length', 'WorkerProtocolError', /'Content-Type: text\/plain \{\}'/],
  ['huge-frame', 'WorkerProtocolError', /99999999999 bytes/],
  ['refuses-all', 'WorkerProtocolError', /did not understand/],
];

describe('a worker that fails in a call', () => {
  it.each(later)('%s: %s, the worker is gone, and the next call works with a new one', async (fault, id, says) => {
    const { failed, isSame, wasGone, list } = await session.run(`
      $worker = Start-PortReservationWorker ${faulty(fault, 'later')} -PassThru
      Get-PortReservation -ErrorVariable failed -ErrorAction SilentlyContinue
      $wasGone = $null -eq (& (Get-Module PortReservation) { $script:Session.Worker })
      $r = New-PortReservation -Name after
      $list = @(Get-PortReservation)
      Report @{ failed = Get-Facts $failed; wasGone = $wasGone; list = $list.Name; isSame = $list[0].Owner.ProcessId -eq $worker.ProcessId }`);
    expect(failed).toMatchObject([{ id: `${id},Get-PortReservation`, message: expect.stringMatching(says) }]);
    expect(failed[0].target).toContain('faulty-worker.mjs');
    expect(failed[0].action).toMatch(/starts a new worker/);
    expect({ isSame, wasGone, list }).toEqual({ isSame: false, wasGone: true, list: 'after' });
  });

  it('a call that changes something is not repeated', async () => {
    const { failed, list } = await session.run(`
      Start-PortReservationWorker ${faulty('exit-midway', 'later')}
      New-PortReservation -Name twice -ErrorVariable failed -ErrorAction SilentlyContinue
      Report @{ failed = (Get-Facts $failed).id; list = @(Get-PortReservation).Count }`);
    expect({ failed, list }).toEqual({ failed: 'WorkerExited,New-PortReservation', list: 0 });
  });
});

const first: [fault: string, id: string, says: RegExp][] = [
  ...later,
  [
    'wrong-version',
    'ProtocolVersionMismatch',
    /version '99' and module PortReservation [0-9.]+ version 1; install both/,
  ],
  ['hang', 'WorkerTimeout', /did not answer 'initialize' in time/],
];

it.each(first)(
  '%s in initialize: %s ends the cmdlet, and the next one works with a good worker',
  async (fault, id, says) => {
    // Only the one that never answers is waited for in vain.
    const timeout = fault === 'hang' ? '-StartTimeout 1' : '';
    const { failed, provider } = await session.run(`
    try { Start-PortReservationWorker ${faulty(fault, 'initialize', false)} ${timeout} } catch { $failed = $_ }
    Start-PortReservationWorker -Provider Ledger
    Report @{ failed = Get-Facts $failed; provider = (New-PortReservation).Provider }`);
    expect(failed).toMatchObject([{ id: `${id},Start-PortReservationWorker`, message: expect.stringMatching(says) }]);
    expect(provider).toBe('Ledger');
  },
);

it('a worker that died between two calls is replaced, with a warning that says how it ended', async () => {
  const { values, stdout } = await session.runWithErrors(`
    $worker = Start-PortReservationWorker -Provider Ledger -PassThru
    $process = [System.Diagnostics.Process]::GetProcessById($worker.ProcessId)
    $process.Kill()
    $process.WaitForExit()
    $r = New-PortReservation
    Report @{ provider = $r.Provider; isNew = $r.Owner.ProcessId -ne $worker.ProcessId }`);
  expect(values).toEqual({ provider: 'Ledger', isNew: true });
  expect(stdout).toMatch(/WARNING: The worker \(process \d+\) ended with exit code \d+\..* A new worker is started\./);
});

it('noise on stderr never blocks; log lines reach the streams by their level', async () => {
  const { values, stdout } = await session.runWithErrors(`
    Start-PortReservationWorker ${faulty('stderr-noise', 'initialize', false)}
    # The log arrives beside the replies, maybe only after one.
    $text = @()
    do {
      foreach ($record in Get-PortReservation -Verbose -Debug 3>&1 4>&1 5>&1) { $text += "$($record.GetType().Name) $record" }
    } until ("$text" -like '*line of level debug*')
    Report @{ levels = @($text | Where-Object { $_ -like '*line of level*' }); noise = @($text | Where-Object { $_ -like '*noise 5000 *' }).Count
      bounded = $text.Count -lt 500 }`);
  expect(values).toEqual({
    levels: [
      'WarningRecord Worker: a line of level error',
      'WarningRecord Worker: a line of level warn',
      'VerboseRecord Worker: a line of level info',
      'DebugRecord Worker: a line of level debug',
    ],
    noise: 1,
    bounded: true,
  });
  expect(stdout).not.toContain('noise 5000');
});

it('replies to nobody, requests and notifications of the worker are passed over', async () => {
  const { count } = await session.run(`
    Start-PortReservationWorker ${faulty('chatter', 'later', false)}
    Report @{ count = @(Get-PortReservation).Count }`);
  expect(count).toBe(0);
});
