import type { RecordState } from '../../protocol/generated/contract.ts';
import { isEmpty, minus, PortSet } from '../../protocol/port-set.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import type { Conditions, Recorded } from '../provider.ts';
import { aboutMain, isRepeated, portsAtBoot, repeatedAnew, toBeRepeated, winnerAtBoot } from './boot.ts';
import { listName } from './exclusion-table.ts';
import { longestWrite } from './live-list.ts';
import { valueIn } from './own-file.ts';
import type { State } from './plan.ts';
import type { SysctlPaths } from './sysctl-files.ts';

/** Compares what is recorded with the kernel's list, and with what it will be after the next restart. */
export function conditionsIn(state: State, records: readonly Recorded[], paths: SysctlPaths): Conditions {
  const boot = portsAtBoot(state, paths);
  const lacks = (ports: PortSet, { range }: Recorded) => !isEmpty(minus(PortSet.of([range]), ports));
  const states = records.map((record): RecordState => {
    if (lacks(state.live, record)) return 'lost';
    return record.lasts && lacks(boot, record) ? 'lostAtBoot' : 'inForce';
  });
  const told = (those: readonly Recorded[]) =>
    those.map(({ protocol, range }) => formatPorts(protocol, range)).join(', ');
  const warnings: string[] = [];
  const lost = told(records.filter((_, index) => states[index] === 'lost'));
  if (lost) {
    warnings.push(
      `The kernel's list ${listName} lacks what is recorded: ${lost}. Another program has set it, so the system may hand these ports out. The next change, or asking for one of them again, puts them back.`,
    );
  }
  const passing = told(records.filter((record) => record.lasts && lacks(boot, record)));
  const winner = winnerAtBoot(state, paths);
  const length = valueIn(state.own).length;
  if (length > longestWrite && records.some(({ lasts }) => lasts)) {
    warnings.push(
      `${paths.own} sets a list of ${length} bytes. systemd sets all of it at a restart; whoever runs \`sysctl --system\` or \`sysctl -p\` sets the first ${longestWrite} bytes alone, and the ports behind them may be handed out until the next change.`,
    );
  }
  if (passing) {
    const why = winner
      ? `${winner.file} sets ${listName} and is applied after ${paths.own}: move that line into a file of sysctl.d whose name begins with a number.`
      : `${paths.own} does not have it: the next change, or asking for it again, writes it.`;
    warnings.push(`At the next restart this is lost: ${passing}. ${why}`);
  }
  const foresight = aboutMain(state, paths);
  if (foresight && (!winner || !passing) && records.some(({ lasts }) => lasts)) warnings.push(foresight);
  const repeated = repeatedAnew(state, paths);
  if (repeated) warnings.push(toBeRepeated(repeated));
  return {
    states,
    warnings,
    isOverridden: winner !== undefined,
    ...(foresight && { foresight }),
    ...(repeated && { repeated: { list: repeated, told: isRepeated(repeated) } }),
  };
}
