import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import type { Listener } from '../../demand/listener.ts';
import { addressVariables } from '../../demand/variables.ts';
import { ignoreRealTimeSignals } from '../../native/posix/signals.ts';
import type { EnforcementChoice, Hold, Label, Reservation } from '../../protocol/generated/contract.ts';
import type { PortService } from '../../service/port-service.ts';
import { givenTo } from '../exec/announce.ts';
import { runChild } from '../exec/child.ts';
import { type ExecHold, execHolds, type PortsOfCommand, reserveAuto } from '../exec/hold-auto.ts';
import { inherited } from '../exec/inherited.ts';
import { type LeftoversChoice, leftoversChoices, settleLeftovers } from '../exec/leftovers.ts';
import { listenForTree } from '../exec/on-demand.ts';
import { besides, openSockets } from '../exec/pass-sockets.ts';
import { reserve } from '../exec/reserve.ts';
import { reservedBefore } from '../exec/use.ts';
import { checkNamed, filledIn, type NamedPort, namedPort, portVariables, prefix } from '../exec/variables.ts';
import { followUse, unusedAdvice } from '../exec/watch-use.ts';
import { UsageError } from '../failure.ts';
import {
  type BlockOptions,
  duration,
  enforcementOption,
  whatIfOption,
  withBlock,
  withCommon,
  withLabel,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';
import { sayUnheld } from '../unheld.ts';
import { wouldReserve } from './new.ts';

interface Options extends BlockOptions, Label {
  hold: ExecHold;
  enforcement?: EnforcementChoice;
  envPrefix: string;
  env?: NamedPort[];
  leftovers: LeftoversChoice;
  wait?: number;
  use?: string;
  quiet?: boolean;
  passSockets?: boolean;
  whatIf?: boolean;
  /** The hold that the words name. */
  askedHold?: Hold | undefined;
}

export function addExec(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('exec')
    .aliases(['run', 'reserve'])
    .summary('reserve ports for as long as a command runs')
    .usage('[options] -- COMMAND [ARGUMENTS...]')
    .description('Reserve ports, tell a command which, and free them when it has ended.')
    .argument('<command...>', 'the command and its arguments')
    .passThroughOptions();
  withLabel(withBlock(command, 'tcp, udp, or tcp,udp: the same numbers in both'))
    .addOption(
      new Option('--hold <how>', 'what keeps others away, see below')
        .choices(execHolds)
        .default('yield' satisfies Hold),
    )
    .addOption(enforcementOption())
    .addOption(
      new Option('--env-prefix <name>', 'how the variables begin that name the ports')
        .argParser(prefix)
        .default('PORT'),
    )
    .addOption(
      new Option('--env <name=index>', 'one more variable: API_PORT=1 is the second port; may be repeated').argParser(
        namedPort,
      ),
    )
    .addOption(
      new Option('--leftovers <what>', 'what is done about what the command left running on the ports')
        .choices(leftoversChoices)
        .default('wait' satisfies LeftoversChoice),
    )
    .addOption(
      new Option('--wait <time>', 'try for so long to get what others have now; not at all if absent').argParser(
        duration,
      ),
    )
    .addOption(
      new Option('--use <reservation>', 'run in what is reserved already: a name, or a range').conflicts([
        'startPort',
        'within',
        'name',
        'reason',
        'document',
        'enforcement',
        'wait',
      ]),
    )
    .addOption(
      new Option('--pass-sockets', 'open the ports, and hand the sockets down as systemd does').conflicts([
        'hold',
        'use',
      ]),
    )
    .option('--quiet', 'do not say which ports were given, nor that none was used')
    .addOption(whatIfOption())
    .addHelpText('after', execHelp);
  withCommon(command).action((words: [string, ...string[]], options: Options) => {
    if (options.enforcement && command.getOptionValueSource('hold') === 'cli') {
      throw new UsageError('--hold and --enforcement do not go together.', 'See portreservation exec --help.');
    }
    // Who asks as portserver is asked binds as it likes, so its ports are held only where that was asked for.
    const isAsked = command.getOptionValueSource('hold') === 'cli' && options.hold !== 'auto';
    const askedHold = isAsked ? (options.hold as Hold) : undefined;
    const hold = options.passSockets ? ('strict' satisfies Hold) : options.hold;
    return exec(words, { ...options, hold, askedHold }, { output, terminal });
  });
}

async function portsFor(
  service: PortService,
  options: Options,
  surroundings: { output: Output; terminal: Terminal; enforcement: EnforcementChoice | undefined },
): Promise<PortsOfCommand> {
  const { use, hold } = options;
  if (use !== undefined) return { reservations: await reservedBefore(service, use), isAdmitted: false };
  if (hold === 'auto') return reserveAuto(service, options, surroundings);
  return { reservations: await reserve(service, { ...options, hold }, surroundings), isAdmitted: false };
}

async function exec(
  words: readonly [string, ...string[]],
  options: Options,
  surroundings: { output: Output; terminal: Terminal },
): Promise<void> {
  const { envPrefix, env = [], leftovers, whatIf, use, quiet } = options;
  const hold = options.hold === 'auto' ? 'yield' : options.hold;
  const { output, terminal } = surroundings;
  const enforcement = enforcementFor(options, surroundings);
  const before = inherited(terminal.env, terminal);
  if (use === undefined) checkNamed(env, options.numberOfPorts);
  await inService(options, async (service) => {
    const { reservations, isAdmitted: isIn } = await portsFor(service, options, { ...surroundings, enforcement });
    const [{ range }] = reservations as [Reservation];
    if (use !== undefined) checkNamed(env, range.numberOfPorts);
    if (whatIf) {
      const run = `run ${words.join(' ')}`;
      const sentence = use === undefined ? `${wouldReserve({ reservations }, options)}, and ${run}` : `Would ${run}`;
      output.result({ whatIf: { reservations, command: words } }, () => output.say(sentence));
      return;
    }
    if (!enforcement && use === undefined && !quiet)
      sayUnheld({ reservations }, hold, { output, taker: 'the command' });
    const kernels = reservations.filter((one) => one.enforcement === 'kernel');
    const isAdmitted = kernels.length > 0 && terminal.geteuid?.() === 0;
    if (isAdmitted && !isIn) await service.admitChildren(kernels);
    const sockets = options.passSockets
      ? await openSockets(service, reservations, { prefix: envPrefix, named: env })
      : undefined;
    const variables = { ...portVariables(range, envPrefix, env), ...sockets?.variables };
    const [file, ...args] = filledIn(words, variables);
    let address: Listener | undefined;
    const isMoot = () => address?.wasAsked ?? false;
    const { platform } = terminal;
    const following = quiet || sockets ? undefined : followUse(service, reservations, { platform, isMoot });
    const command = options.name ?? basename(words[0]);
    const onStart = (processId: number | undefined) => {
      following?.started(processId);
      const given = quiet
        ? undefined
        : sockets
          ? sockets.sentence
          : givenTo(command, reservations, { hold: use === undefined ? hold : 'none', isAdmitted });
      if (given !== undefined) output.note(given);
      if (terminal.platform === 'linux') void ignoreRealTimeSignals().catch(() => {});
    };
    address = await listenForTree(service, { ...options, ...surroundings, hold: options.askedHold ?? 'none' });
    const environment = { ...terminal.env, ...(address && addressVariables(address.path)), ...variables };
    const child = runChild([file!, ...args], environment, {
      terminal,
      before: sockets ? besides(before, sockets) : before,
      sockets: sockets?.descriptors,
      onStart,
    });
    const end = await child.finally(() => Promise.all([following?.stop(), address?.close(), sockets?.close()]));
    output.exitCode = end.exitCode;
    const advice = unusedAdvice(await following?.use, { reservations, words, variable: envPrefix });
    if (advice && !address?.wasAsked) output.note(advice);
    if (use !== undefined) return;
    const choice = end.wasAsked ? 'leave' : leftovers;
    await settleLeftovers(service, reservations, { ...surroundings, choice }).catch(({ message }) =>
      output.note(`whether the command left something running cannot be seen: ${message}`),
    );
  });
}

/** What the kernel may be asked for: on Linux it takes root, and without that all is as it would be without asking. */
function enforcementFor(
  { enforcement }: Options,
  { output, terminal }: { output: Output; terminal: Terminal },
): EnforcementChoice | undefined {
  if (enforcement !== 'kernel' || terminal.platform !== 'linux' || terminal.geteuid?.() === 0) return enforcement;
  output.note('The kernel refuses binds for root alone, so the ports are held as by --hold yield. Run it with sudo.');
  return undefined;
}

/** What exec promises, and what it cannot. docs/architecture.md, "Holding ports", says why. */
const execHelp = `
The command finds its ports in the environment: PORT is the first, PORT_0,
PORT_1 and so on are all of them, PORT_COUNT says how many there are, PORT_RANGE
is first-last. In its arguments {PORT}, {PORT_1}, {PORT_RANGE} are filled in,
since the calling shell would fill in $PORT too early; \${PORT}, #{PORT} and
$ENV{PORT} are left to who reads them there:

  portreservation exec --ports 3 --name web -- npm test
  portreservation exec -- python3 -m http.server {PORT}
  portreservation exec --ports 2 --env WEB_PORT=0 --env API_PORT=1 -- npm start

With --name the same folder has the same port the next time, while it is free.
--use web runs the command in what is reserved under that name, and leaves that
as it is.

The command, and all it starts, may ask for more ports while it runs: portpicker
and its kin find PORTSERVER_ADDRESS, JSON-RPC clients PORT_RESERVATION_ADDRESS.
They are free when the process that asked has ended, all of them with exec.

What keeps others away until the command binds a port, and while it does not
(--hold):

  yield   Linux, TCP: a bound socket on each port, which lets in servers that
          set SO_REUSEADDR before bind, as Node, Go, Java, Rust, nginx and most
          others do (not Python's socketserver, Perl, plain C: docs/holds.md).
          So the command can bind, stop, and bind again. Port 0 and connect
          never get the port, nor does a bind without SO_REUSEADDR, nor who asks
          PortReservation. A server of anybody that names the port, if only by
          trying, and comes before the command does get it: Linux does not ask
          whose server it is.
          UDP, Windows, macOS: no way is known to hold a port and let one
          program in. Nothing is held, and a line says so. The ports were free
          when the command was started, and are chosen outside of what the
          system hands out by itself; what asks PortReservation as the same user
          does not get them, other users and other programs may.
  strict  A bound socket on each port, which lets in only sockets of the same
          user that set SO_REUSEPORT before bind. For commands that do: most do
          not, and get EADDRINUSE. Not on Windows, where a runtime reservation
          opens to its own process alone.
  none    Nothing is held, as with UDP above. For commands that bind without
          SO_REUSEADDR.
  auto    As --enforcement kernel does, where that can be had: as root on Linux.
          Else as yield, and a line says why. Not the default: it has the kernel
          look at every bind of the machine.

With --pass-sockets the ports are open, and listened on, before the command is
started, and nobody else ever gets them. It finds the sockets as systemd hands
them down: LISTEN_FDS says how many, from descriptor 3 on, LISTEN_PID for which
process, LISTEN_FDNAMES what each is called: PORT_0, or as --env does. Not on
Windows.

Where others have the ports asked for, this ends with exit code 1; --wait 60s
tries again for that long, whenever a reservation has ended, and then says who
has them.

With --enforcement kernel, as root on Linux, the kernel refuses every bind of
the ports but those of the command and of what it starts, which need no option
for it: they run in a control group of their own. Without root the ports are
held as by --hold yield, and that is said.

The ports are free again when the command has ended. Where the system says who
has a port (Linux, Windows), what the command left running on them is waited
for, 15 s at most (--leftovers wait), left alone (leave), or asked to end, and
ended after 5 s (end). A signal ends the waiting, and after one there is none.
If this program is killed, its reservation ends with it, and what runs goes on.

Signals are passed on; Ctrl+C reaches the command from the terminal. On Linux
the command has the open files of the caller, ignores the signals that the
caller or nohup ignores, and has the caller's limit of open files.

Exit codes: the command's own, 128+n where signal n ended it, 126 where it
cannot be run, 127 where it was not found, 1 where the ports could not be had,
64 for wrong words.`;
