import { afterAll, describe, expect, test } from 'vitest';
import { natPoint, netshPoints, ordinaryPoints } from '../windows/netsh-points.ts';
import { openPoints } from '../windows/open-points.ts';
import { eachMachine } from '../windows/support/windows.ts';
import { LiveWindows } from './live-windows.ts';
import { nodeRoute } from './node-route.ts';
import { prepared } from './prepared.ts';
import { type Answer, writeReport } from './report.ts';
import { elevatedAnswers, ordinaryAnswers } from './system-answers.ts';

/** Asks; nothing here passes or fails by what Windows answers, the report says it. */
function askThisWindows(): void {
  const windows = new LiveWindows();
  const elevated = windows.abilities.has('elevated');
  const machine = eachMachine(windows);
  const answers: Answer[] = [];
  afterAll(() => writeReport(elevated, answers));

  for (const { question, needsElevation, assumed, ask } of [...openPoints, ...netshPoints, natPoint]) {
    if (needsElevation && !elevated) {
      test.skip(`${question} (skipped: needs elevated)`, () => {});
      continue;
    }
    test(question, async () => {
      const [caller, other] = [await machine().caller(), await machine().caller()];
      const answer = await ask({ caller, other, start: await machine().block(16) });
      answers.push({ question, assumed, answer });
    });
  }

  for (const { question, assumed, ask } of ordinaryPoints) {
    const made = elevated ? undefined : prepared();
    if (!made) {
      const why = elevated ? 'needs an ordinary user' : 'needs what run-as-ordinary-user.ps1 prepares';
      test.skip(`${question} (skipped: ${why})`, () => {});
      continue;
    }
    test(question, async () => {
      answers.push({ question, assumed, answer: await ask(await machine().caller(), made) });
    });
  }

  test('Node serves on a socket that carries a token', async () => {
    const answer = await nodeRoute(machine(), await machine().block(2));
    answers.push({ question: 'Node: TCP.open of an associated socket, bind of port 0, listen', answer });
  });

  test('what netsh and the registry show', async () => {
    const [caller, start] = [await machine().caller(), await machine().block(16)];
    answers.push(...(await ordinaryAnswers(caller, start)));
    if (elevated) answers.push(...(await elevatedAnswers(caller, start)));
    expect(answers.length).toBeGreaterThan(4);
  });
}

if (process.platform === 'win32') describe('open points', askThisWindows);
else describe.skip('open points (skipped: this system is no Windows)', () => {});
