// The deb and the rpm, each from one stage: what is laid on the system.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeDeb } from './deb.mjs';
import { makeRpm } from './rpm.mjs';
import { fillStage } from './stage.mjs';

const makers = { deb: makeDeb, rpm: makeRpm };

/** Makes the package of this kind in the folder. @param isQuick packed for tests: larger, and sooner made */
export async function makeLinuxPackage({ kind, program, platform, folder, isQuick }) {
  const work = mkdtempSync(join(tmpdir(), 'portreservation-stage-'));
  try {
    const stage = join(work, 'stage');
    await fillStage(stage, { kind, program, platform });
    makers[kind]({ stage, work, platform, folder, isQuick });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
