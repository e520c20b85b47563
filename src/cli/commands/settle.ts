import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import type { Output } from '../output.ts';

interface Options {
  off?: boolean;
  attach?: string;
  json?: boolean;
}

/** What units of systemd run; people need it without systemd, and as the kill switch. */
export function addSettle(root: Command, output: Output): void {
  root
    .command('settle', { hidden: true })
    .summary('make the kernel enforce what is recorded')
    .description(
      'Linux: make the kernel enforce the recorded reservations again, as after a boot. Needs root. ' +
        'See docs/linux-kernel.md.',
    )
    .option('--off', 'enforce nothing until the next boot or change: the kill switch')
    .option('--attach <unit>', 'let the unit in, whose control group this runs in')
    .option('--json', 'one JSON document, for programs')
    .action((options: Options) => settle(options, output));
}

async function settle({ off, attach }: Options, output: Output): Promise<void> {
  if (off && attach !== undefined) throw new UsageError('--off and --attach do not go together.');
  const { attachService, settleKernel, switchGateOff } = await import('../../settle-kernel.ts');
  if (attach !== undefined) {
    await attachService(attach);
    return output.result({ attached: attach }, () => {});
  }
  if (off) {
    await switchGateOff();
    return output.result({ off: true }, () =>
      output.say('The kernel enforces no reservation until the next boot, change or "portreservation settle".'),
    );
  }
  const settled = await settleKernel();
  output.result(settled, () => {
    const { reservations, gate } = settled;
    if (reservations === 0) output.say('No reservation is for the kernel to enforce.');
    else output.say(`The kernel enforces ${reservations === 1 ? 'one reservation' : `${reservations} reservations`}.`);
    if (reservations > 0 && !gate.wholeMachine) {
      output.warn([
        `Only processes in ${gate.controlGroup} are kept out: the rest of the machine is not seen from here.`,
      ]);
    }
  });
}
