import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { windowsCommands } from '../src/providers/windows/commands.ts';
import { explain } from '../src/service/ports/explanation.ts';
import { remedyFor } from '../src/service/ports/remedy.ts';
import { type Findings, verdictOf } from '../src/service/ports/verdict.ts';
import { inventedMachine } from './map/invented-machine.ts';

const words = (text: string) => text.split(/\s+/).filter(Boolean);

test('the first answer of the README is what the product says of port 5173 of the machine on its picture', () => {
  const { exclusion } = inventedMachine().segments.find(({ range }) => range.startPort === 5141)!;
  const findings: Findings = {
    protocol: 'tcp',
    facts: { port: 5173, refusals: { ipv4: 'denied', ipv6: 'denied' }, holders: [] },
    families: [],
    reservation: undefined,
    exclusion: exclusion!,
    isHeldHere: false,
    dynamicRange: undefined,
  };
  const verdict = verdictOf(findings);
  const shown = /PS> Get-PortStatus 5173\n([\s\S]*?)PS> \(Get-PortStatus 5173\)\.Remedy\n(.*)\n/.exec(
    readFileSync(new URL('../README.md', import.meta.url), 'utf8').replaceAll('\r', ''),
  )!;
  expect(words(shown[1]!).slice(-words(explain(verdict, findings)).length)).toEqual(words(explain(verdict, findings)));
  expect(words(shown[1]!)).toContain(verdict[0]!.toUpperCase() + verdict.slice(1));
  const remedy = remedyFor(verdict, findings, { commands: windowsCommands, canExclude: true });
  expect(remedy).toMatchObject({ action: 'restartNat', protocol: 'tcp', range: { startPort: 5173, numberOfPorts: 1 } });
  expect(shown[2]).toBe('New-PortExclusion -Protocol Tcp -StartPort 5173 -RestartNat');
});
