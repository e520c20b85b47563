import { type Command, Option } from 'commander';
import { exitCode } from '../../exit-codes.ts';
import {
  type AppliedState,
  type DesiredChange,
  type DocumentFormat,
  wordsOf,
} from '../../protocol/generated/contract.ts';
import { type CommonOptions, whatIfOption, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { readAtMost } from '../read-file.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';
import { nameOf } from '../views.ts';

interface Options extends CommonOptions {
  format?: DocumentFormat;
  prune?: boolean;
  detailedExitcode?: boolean;
  moveSysctlConf?: boolean;
  whatIf?: boolean;
}

export function addApply(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('apply')
    .summary('make the reservations and exclusions of a document so')
    .description('Make what a desired-state document asks for so. What is as it should be is left alone.')
    .argument('<file>', 'the document, JSON or YAML; - is standard input')
    .addOption(
      new Option('--format <format>', 'what it is written in; by the name of the file if absent').choices(
        wordsOf.DocumentFormat,
      ),
    )
    .option('--prune', "remove what carries the document's name and is no longer in it")
    .option('--detailed-exitcode', 'end with 2 where anything was changed')
    .option(
      '--move-sysctl-conf',
      'Linux: move what /etc/sysctl.conf sets into sysctl.d, where it takes no port from others',
    )
    .addOption(whatIfOption());
  withCommon(command).action(async (file: string, options: Options) => {
    const { applyDesiredState } = await import('../../desired-state/apply.ts');
    const { decodeDocument, formatOfFile, longestDocument } = await import('../../desired-state/read-document.ts');
    const { format = formatOfFile(file), prune, moveSysctlConf, whatIf } = options;
    const text = decodeDocument(await readAtMost(file, terminal, longestDocument + 1));
    const applied = await inService(options, (service) =>
      applyDesiredState(service, { text, format, prune, moveSysctlConf, whatIf }),
    );
    report(applied, options, output);
  });
}

function report(applied: AppliedState, { whatIf, detailedExitcode }: Options, output: Output): void {
  const { changes, changed, failed, warnings, moved } = applied;
  output.result(applied, () => {
    if (moved) output.say(`${whatIf ? 'Would move' : 'Moved'} the line of ${moved.from} to ${moved.to}.`);
    for (const change of changes) if (!change.error) sayChange(change, Boolean(whatIf), output);
    sayFailures(changes, output);
    const same = changes.filter(({ action, error }) => action === 'none' && !error).length;
    const others = changes.length - same - failed;
    const verb = whatIf ? 'to change' : 'changed';
    output.say(`${applied.document}: ${others} ${verb}, ${same} as they should be, ${failed} failed.`);
    output.warn(warnings);
  });
  if (failed > 0) output.exitCode = exitCode.failed;
  else if (changed && detailedExitcode) output.exitCode = exitCode.changed;
}

/** What has one cause is said once. */
function sayFailures(changes: readonly DesiredChange[], output: Output): void {
  const byCause = new Map<string, DesiredChange[]>();
  for (const change of changes) {
    if (!change.error) continue;
    const { message, hint } = change.error;
    const cause = [message, hint].filter(Boolean).join(' ');
    byCause.set(cause, [...(byCause.get(cause) ?? []), change]);
  }
  for (const [cause, [first, ...others]] of byCause) {
    const more = others.length > 0 ? ` and ${others.length} more` : '';
    output.note(`${first!.kind} ${nameOf(first!)}${more}: ${cause}`);
  }
}

const done = { create: 'Created', update: 'Updated', repair: 'Repaired', release: 'Released' };
const toDo = { create: 'Would create', update: 'Would update', repair: 'Would repair', release: 'Would release' };
const lost = {
  lost: 'the system had lost it',
  lostAtBoot: 'the next restart would have lost it',
} as const;

function sayChange(change: DesiredChange, whatIf: boolean, output: Output): void {
  const { action, kind, differs } = change;
  const what = `${kind} ${nameOf(change)}`;
  if (action === 'none') return;
  const state = change.before?.state;
  const how = action === 'repair' && (state === 'lost' || state === 'lostAtBoot') ? lost[state] : differs?.join(', ');
  output.say(`${(whatIf ? toDo : done)[action]} ${what}${how ? `: ${how}` : ''}.`);
}
