import { join } from 'node:path';
import { afterAll, beforeAll, describe } from 'vitest';
import { bundledProgram } from '../../support/bundled-program.ts';
import { chosenSuite } from '../../windows/chosen.suite.ts';
import { desiredStateSuite } from '../../windows/desired-state.suite.ts';
import { lifetimeSuite } from '../../windows/lifetime.suite.ts';
import { persistentSuite } from '../../windows/persistent.suite.ts';
import { probeSuite } from '../../windows/probe.suite.ts';
import { runtimeSuite } from '../../windows/runtime.suite.ts';
import { gateTitle, noGate } from '../gate/support/room.ts';
import { GateAsWindows } from './support/gate-as-windows.ts';

/** What Windows does with reservations and their tokens, Linux does where its kernel is asked to enforce them. */
describe.skipIf(noGate)(gateTitle('Linux passes what Windows passes:'), () => {
  const gate = new GateAsWindows(bundledProgram(join(import.meta.dirname, 'support/caller-host.ts')));
  beforeAll(() => gate.open());
  afterAll(() => gate.close());
  persistentSuite(gate);
  chosenSuite(gate);
  probeSuite(gate);
  runtimeSuite(gate);
  lifetimeSuite(gate);
  desiredStateSuite(gate);
});
