import { availableParallelism } from 'node:os';
import { commandLineCases } from './cases/command-line.ts';
import { contentionCases } from './cases/contention.ts';
import { desiredStateCases } from './cases/desired-state.ts';
import { dscCases } from './cases/dsc.ts';
import { fleetCases } from './cases/fleet.ts';
import { getPortCases } from './cases/get-port.ts';
import { kernelGateCases } from './cases/kernel-gate.ts';
import { mapCases } from './cases/map.ts';
import { onDemandCases } from './cases/on-demand.ts';
import { powershellCases } from './cases/powershell.ts';
import { runtimeCases } from './cases/runtime.ts';
import { serviceCases } from './cases/service.ts';
import { stormCases } from './cases/storm.ts';
import { suiteCases } from './cases/suites.ts';
import { workerCases } from './cases/worker.ts';
import type { Result } from './measure.ts';

const wanted = process.argv.slice(2);
const all = [
  workerCases,
  commandLineCases,
  serviceCases,
  mapCases,
  contentionCases,
  runtimeCases,
  getPortCases,
  onDemandCases,
  suiteCases,
  stormCases,
  desiredStateCases,
  fleetCases,
  dscCases,
  powershellCases,
  kernelGateCases,
];
const cases = all.flat().filter(({ name }) => wanted.length === 0 || wanted.some((word) => name.includes(word)));

function line({ name, ratio, milliseconds, counts, skipped, floor, aim }: Result): string {
  if (skipped) return `${name.padEnd(46)}  left out: ${skipped}`;
  const factor = ratio === undefined ? '' : `${ratio.toFixed(2)} x`;
  const digits = milliseconds !== undefined && milliseconds < 10 ? 2 : 0;
  const time = milliseconds === undefined ? '' : `${milliseconds.toFixed(digits)} ms`;
  const over = floor ? `over ${floor}` : '';
  return `${name.padEnd(46)}${factor.padStart(9)}${time.padStart(11)}  ${counts ?? ''}${over}${aim ? ` (aim ${aim})` : ''}`;
}

console.log(`Node ${process.version}, ${process.platform}, ${availableParallelism()} processors`);
for (const one of cases) for (const result of await one.run()) console.log(line(result));
