import { describe, expect, test } from 'vitest';
import type {
  PortExclusion,
  PortHolder,
  PortRange,
  PortStatus,
  Reservation,
} from '../../../src/protocol/generated/contract.ts';
import { toDo, toRun } from '../../../src/protocol/remedies.ts';
import type { PortFacts } from '../../../src/providers/provider.ts';
import { windowsCommands } from '../../../src/providers/windows/commands.ts';
import { explain } from '../../../src/service/ports/explanation.ts';
import { remedyFor } from '../../../src/service/ports/remedy.ts';
import { type Findings, verdictOf } from '../../../src/service/ports/verdict.ts';

const port = 5173;
const denied: PortFacts['refusals'] = { ipv4: 'denied', ipv6: 'denied' };
const row = (administered: boolean): PortExclusion => ({
  protocol: 'tcp',
  range: { startPort: 5100, numberOfPorts: 100 },
  store: 'active',
  source: 'netsh',
  administered,
  own: false,
});
const holder = (facts: Partial<PortHolder>) => ({ holder: { state: 'listening' as const, addresses: [], ...facts } });

/** What Windows would be found to say, with the words of all three. */
function judge(
  { exclusion, ...facts }: Partial<PortFacts> & Pick<PortStatus, 'exclusion'>,
  reservation?: Reservation,
  dynamicRange?: PortRange,
) {
  const findings: Findings = {
    protocol: 'tcp',
    facts: { port, refusals: {}, holders: [], ...facts },
    families: [],
    reservation,
    exclusion,
    isHeldHere: false,
    dynamicRange,
  };
  const verdict = verdictOf(findings);
  return {
    verdict,
    explanation: explain(verdict, findings),
    remedy: remedyFor(verdict, findings, { commands: windowsCommands, canExclude: true }),
  };
}

describe('on Windows', () => {
  test('a row without a star is the system’s, and the remedy takes the port from WinNAT', () => {
    expect(judge({ refusals: denied, exclusion: row(false) })).toEqual({
      verdict: 'excludedBySystem',
      explanation:
        'Windows keeps tcp 5100-5199 for a driver or another program, most often WinNAT for Hyper-V, WSL or Docker, so nobody can bind there.',
      remedy: toDo('restartNat', 'tcp', { startPort: 5173, numberOfPorts: 1 }),
    });
  });

  test('a row of one port is not WinNAT’s, so no restart of it is the remedy', () => {
    const exclusion = { ...row(false), range: { startPort: port, numberOfPorts: 1 } };
    const { verdict, explanation, remedy } = judge({ refusals: denied, exclusion });
    expect([verdict, remedy]).toEqual(['excludedBySystem', undefined]);
    expect(explanation).toMatch(/HTTP\.sys/);
    expect(explanation).not.toContain('WinNAT');
  });

  test('whose it is goes before the words for all', () => {
    const end = toRun('wsl --shutdown');
    const keeper = { words: 'WSL has it', end };
    const exclusion = { ...row(false), source: 'binds' };
    for (const refusals of [denied, { ipv4: 'inUse', ipv6: 'inUse' } as const])
      expect(judge({ refusals, exclusion, keeper })).toEqual({
        verdict: 'excludedBySystem',
        explanation: 'WSL has it.',
        remedy: end,
      });
    expect(judge({ refusals: denied, exclusion: undefined, keeper: { words: 'A policy refuses it' } })).toEqual({
      verdict: 'refused',
      explanation: 'A policy refuses it.',
      remedy: undefined,
    });
  });

  test('a port that a url awaits is not kept for others by an exclusion', () => {
    const dynamicRange = { startPort: 5000, numberOfPorts: 1000 };
    const urls = ['http://+:5173/'];
    const remedy = (facts: Pick<PortFacts, 'urls'>) =>
      judge({ exclusion: undefined, ...facts }, undefined, dynamicRange).remedy;
    expect(remedy({})).toMatchObject({ action: 'exclude' });
    expect(remedy({ urls })).toBeUndefined();
  });

  test('a row with a star can be bound', () => {
    expect(judge({ exclusion: row(true) })).toMatchObject({ verdict: 'excludedByAdministrator', remedy: undefined });
  });

  test('an exclusion that was made here is told with its name', () => {
    const exclusion = { ...row(true), own: true, name: 'vite', owner: { user: 'ada' } };
    expect(judge({ exclusion }).explanation).toBe(
      'It is kept by the exclusion tcp 5100-5199 "vite" of ada: the system does not hand it out by itself, and a program that opens a socket there gets it; HTTP.sys, container ports and QUIC are refused.',
    );
  });

  test('a reservation that made the row goes before it', () => {
    const reservation = { protocol: 'tcp', range: row(false).range, lifetime: 'persistent' } as Reservation;
    expect(judge({ refusals: denied, exclusion: row(false) }, reservation)).toEqual({
      verdict: 'reserved',
      explanation: 'It is held by the persistent reservation tcp 5100-5199.',
      remedy: toDo('release', 'tcp', { startPort: 5100, numberOfPorts: 100 }),
    });
  });

  test('10013 for a socket of another user is a listener all the same', () => {
    const holders = [holder({ processId: 4711 })];
    expect(judge({ refusals: denied, holders })).toMatchObject({
      verdict: 'listening',
      explanation: 'Process 4711 listens.',
    });
  });

  test('10013 that no table explains is said, not guessed', () => {
    expect(judge({ refusals: denied })).toEqual({
      verdict: 'refused',
      explanation:
        "The system refuses it, by a policy or a reservation that it does not show: SELinux, AppArmor, a firewall, or a service's SocketBindDeny=.",
      remedy: undefined,
    });
  });
});

test('a process is named with what is known of it', () => {
  const known = {
    processId: 7,
    processName: 'nginx',
    user: 'www',
    service: 'nginx.service',
    addresses: ['0.0.0.0', '::'],
  };
  expect(judge({ refusals: { ipv4: 'inUse', ipv6: 'inUse' }, holders: [holder(known), holder({})] }).explanation).toBe(
    'nginx (process 7, user www, nginx.service) listens on 0.0.0.0 and ::, and 1 more.',
  );
});

test('a reason that would steer a terminal is told as marks, in one line', () => {
  const reservation = {
    protocol: 'tcp',
    range: { startPort: port, numberOfPorts: 1 },
    lifetime: 'persistent',
    reason: 'two\nlines \u001b]0;x\u0007',
  } as Reservation;
  expect(judge({}, reservation).explanation).toContain(', for "two lines \ufffd]0;x\ufffd", which');
});

test('a socket of a hidden process on a reserved port is taken for the holder’s', () => {
  const reservation = {
    protocol: 'tcp',
    range: { startPort: port, numberOfPorts: 1 },
    lifetime: 'runtime',
    owner: { user: 'ada', processId: 4711 },
  } as Reservation;
  const refusals = { ipv4: 'inUse' } as const;
  expect(judge({ refusals, holders: [holder({ user: 'ada' })] }, reservation)).toMatchObject({
    verdict: 'reserved',
    remedy: { run: 'Stop-Process -Id 4711 -Force' },
  });
  expect(judge({ refusals, holders: [holder({ processId: 1 })] }, reservation).verdict).toBe('listening');
});
