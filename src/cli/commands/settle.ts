import type { Command } from 'commander';
import { UsageError } from '../failure.ts';
import type { Output } from '../output.ts';

interface Options {
  off?: boolean;
  list?: boolean;
  attach?: string;
  json?: boolean;
}

const settleHelp = `
A reservation made with --enforcement kernel is enforced at once, and a unit of
systemd runs this at each boot. By hand it is needed where there is no systemd,
at boot and before the network, or after the gate was taken away.

--off is the kill switch: nothing is enforced until the next boot, change or
settle. Where this program is gone: rm -r /sys/fs/bpf/port-reservation`;

/** What units of systemd run; people need it without systemd, and as the kill switch. */
export function addSettle(root: Command, output: Output): void {
  root
    .command('settle')
    .summary('have Linux enforce again what is recorded')
    .description('Linux: make the kernel enforce the recorded reservations again, as after a boot. Needs root.')
    .option('--off', 'enforce nothing until the next boot or change: the kill switch')
    .option('--list', 'take over what other files of sysctl.d set by now; at boot, before they are applied')
    .option('--attach <unit>', 'let the unit in, whose control group this runs in')
    .option('--json', 'one JSON document, for programs')
    .addHelpText('after', settleHelp)
    .action((options: Options) => settle(options, output));
}

async function settle({ off, list, attach }: Options, output: Output): Promise<void> {
  const given = [off && '--off', list && '--list', attach !== undefined && '--attach'].filter(Boolean);
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} do not go together.`);
  const { attachService, repeatOtherFiles, settleKernel, switchGateOff } = await import('../../settle-kernel.ts');
  if (attach !== undefined) {
    await attachService(attach);
    return output.result({ attached: attach }, () => {});
  }
  if (list) {
    const repeated = await repeatOtherFiles();
    return output.result({ ...(repeated && { repeated: repeated.list }) }, () => {
      if (repeated) output.say(repeated.told);
    });
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
