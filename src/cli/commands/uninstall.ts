import type { Command } from 'commander';
import { formatRange } from '../../protocol/ranges.ts';
import { isSingleProgram } from '../../single-program.ts';
import type { Uninstalled } from '../../uninstall.ts';
import { whatIfOption } from '../options.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { nameOf } from '../views.ts';

interface Options {
  whatIf?: boolean;
  json?: boolean;
}

const uninstallHelp = `
What other programs have excluded or reserved stays, also in files that both
have written to. Root, or an elevated administrator, removes what the system
has; anybody else what is in the own folder. Nothing may be held meanwhile.
Documents in /etc/port-reservation are yours, and stay.

The program itself is removed by what installed it: apt purge portreservation
does this, too; dnf remove portreservation; npm uninstall -g portreservation;
Uninstall-PSResource PortReservation; or remove its one file.`;

/** Leaves nothing behind. */
export function addUninstall(root: Command, output: Output, terminal: Terminal): void {
  root
    .command('uninstall')
    .summary('give everything back, before the program is removed')
    .description('Give back all that was reserved and excluded, and remove what was written down of it.')
    .addOption(whatIfOption())
    .option('--json', 'one JSON document, for programs')
    .addHelpText('after', uninstallHelp)
    .action((options: Options) => uninstall(options, output, terminal));
}

async function uninstall({ whatIf }: Options, output: Output, { execPath }: Terminal): Promise<void> {
  const removed = await (await import('../../uninstall.ts')).uninstall({ whatIf });
  output.result(whatIf ? { whatIf: removed } : removed, () => {
    for (const sentence of sentences(removed, whatIf ? 'Would remove' : 'Removed')) output.say(sentence);
    if (!whatIf)
      output.say(`What is left is the program${isSingleProgram() ? `, ${execPath}` : ''}: see uninstall --help.`);
  });
}

const sentences = ({ reservations, exclusions, orphans, paths }: Uninstalled, verb: string): string[] => [
  ...reservations.map((one) => `${verb} the reservation ${nameOf(one)}.`),
  ...exclusions.map((one) => `${verb} the exclusion ${nameOf(one)}.`),
  ...(orphans.length > 0 ? [`${verb} ports of a ledger that is gone: ${orphans.map(formatRange).join(', ')}.`] : []),
  ...paths.map((path) => `${verb} ${path}.`),
];
