import { chosenSuite } from './chosen.suite.ts';
import { desiredStateSuite } from './desired-state.suite.ts';
import { dscSuite } from './dsc.suite.ts';
import { exclusionsSuite } from './exclusions.suite.ts';
import { holderSuite } from './holder.suite.ts';
import { inspectSuite } from './inspect.suite.ts';
import { ledgerSuite } from './ledger.suite.ts';
import { librarySuite } from './library.suite.ts';
import { lifetimeSuite } from './lifetime.suite.ts';
import { listenSuite } from './listen.suite.ts';
import { missingSuite } from './missing.suite.ts';
import { persistentSuite } from './persistent.suite.ts';
import { probeSuite } from './probe.suite.ts';
import { runtimeSuite } from './runtime.suite.ts';
import type { Windows } from './support/windows.ts';
import { watchSuite } from './watch.suite.ts';

/** What has to hold on every Windows: in the lab, and on a real one. */
export function windowsSuites(windows: Windows): void {
  persistentSuite(windows);
  chosenSuite(windows);
  probeSuite(windows);
  runtimeSuite(windows);
  holderSuite(windows);
  exclusionsSuite(windows);
  inspectSuite(windows);
  lifetimeSuite(windows);
  ledgerSuite(windows);
  librarySuite(windows);
  listenSuite(windows);
  desiredStateSuite(windows);
  missingSuite(windows);
  watchSuite(windows);
  dscSuite(windows);
}
