import type { RecordState } from '../../protocol/generated/contract.ts';
import { isEmpty, minus, PortSet } from '../../protocol/port-set.ts';
import { formatPorts } from '../../protocol/ranges.ts';
import type { Conditions, Recorded } from '../provider.ts';
import { listName } from './exclusion-table.ts';
import { longestWrite } from './live-list.ts';
import { valueIn } from './own-file.ts';
import type { State } from './plan.ts';
import { parsePortList } from './port-list.ts';
import type { SysctlPaths } from './sysctl-files.ts';

/** What sets the list at the next restart: the last file that has it. */
function atBoot({ own, others, text }: State): PortSet {
  const last = others.after.at(-1);
  if (last) return last.ports;
  const ours = text === undefined ? '' : valueIn(own);
  if (ours !== '') return parsePortList(ours) ?? new PortSet();
  return others.before.at(-1)?.ports ?? new PortSet();
}

/** Compares what is recorded with the kernel's list, and with what it will be after the next restart. */
export function conditionsIn(state: State, records: readonly Recorded[], paths: SysctlPaths): Conditions {
  const boot = atBoot(state);
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
  const winner = state.others.after.at(-1);
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
  return { states, warnings, isOverridden: winner !== undefined };
}
