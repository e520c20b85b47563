import { rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ServiceError } from '../../protocol/errors.ts';
import type { PortMapRendering, PortMaps, PortRange, Protocol } from '../../protocol/generated/contract.ts';
import { portsOf } from '../../protocol/ranges.ts';
import { UsageError } from '../failure.ts';
import { watchMap } from '../map/watch.ts';
import { type CommonOptions, duration, given, protocolOption, ranges, wholeNumber, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { renderingFor, type Terminal, type Wishes } from '../rendering.ts';
import { inService } from '../service.ts';

interface Options extends CommonOptions, Wishes {
  protocol?: [Protocol, ...Protocol[]];
  svg?: string;
  html?: string;
  card?: boolean;
  layout?: NonNullable<PortMapRendering['layout']>;
  caption?: string;
  stamp?: boolean;
  watch?: number;
}

const mostRings = 20;
const layouts: readonly NonNullable<PortMapRendering['layout']>[] = ['even', 'folded'];
const usualPause = 2000;

export function addMap(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('map')
    .summary('show all ports of a protocol at a glance')
    .description('Show all 65,535 ports of a protocol at a glance, in the terminal, as a picture, or as a page.')
    .argument('[ports...]', 'ports to ring, and to say what they are: 5173 8000-8003', ranges)
    .addOption(protocolOption('whose ports: tcp, udp, or tcp,udp; tcp if absent, of a page both'))
    .addOption(
      new Option('--width <columns>', 'how wide, 40 to 500; as the terminal is if absent').argParser(
        wholeNumber(500, 40),
      ),
    )
    .option('--plain', 'ASCII characters and no colours')
    .addOption(
      new Option('--layout <layout>', 'folded: half of it for ports below 10000, empty rows folded').choices(layouts),
    )
    .addOption(
      new Option('--watch [time]', 'draw it again and again, every 2s if absent, until Ctrl+C')
        .argParser(pause)
        .preset(usualPause)
        .conflicts(['svg', 'html', 'json']),
    )
    .addOption(new Option('--svg <file>', 'write a picture instead').conflicts(['width', 'plain', 'json']))
    .addOption(
      new Option('--html <file>', 'write a page instead, with search, for both protocols').conflicts([
        'svg',
        'width',
        'plain',
        'json',
        'layout',
      ]),
    )
    .option('--card', 'with --svg: 1200 by 600, as links to it are shown')
    .option('--caption <text>', 'a line beside the headline; no machine is named by itself')
    .addOption(new Option('--stamp', 'the name of this machine and the day as the caption').conflicts('caption'));
  withCommon(command).action((asked: PortRange[] = [], options: Options) => show(asked, options, { output, terminal }));
}

async function show(
  asked: readonly PortRange[],
  options: Options,
  { output, terminal }: { output: Output; terminal: Terminal },
): Promise<void> {
  const { svg, html, json, watch } = options;
  const { protocol = html === undefined ? ['tcp'] : ['tcp', 'udp'] } = options;
  const ring = ringOf(asked);
  if (svg !== undefined && protocol.length > 1) {
    throw new UsageError('A picture is of one protocol.', 'Give --protocol tcp or --protocol udp.');
  }
  if (options.card && svg === undefined)
    throw new UsageError('--card goes with --svg.', 'See portreservation map --help.');
  const { checkParams } = await import('../../protocol/check.ts');
  const drawing = () =>
    checkParams('port/map', { protocol, ...(!json && { render: renderingOf(options, ring, terminal) }) });
  if (watch !== undefined) {
    return inService(options, (service) =>
      watchMap(async () => textOf(await service.map(drawing())), { terminal, pause: watch }),
    );
  }
  await inService(options, async (service) => {
    const found = await service.map(drawing());
    const file = svg ?? html;
    if (file !== undefined) await replace(file, found.maps[0]!.text!);
    const isAsked = ring.length > 0 && file === undefined && !json;
    const { ports = [] } = isAsked
      ? await service.inspect({ protocol, ranges: asked as [PortRange, ...PortRange[]] })
      : {};
    output.result(found, () => {
      if (file === undefined) terminal.stdout.write(`${textOf(found)}\n`);
      for (const { protocol: of, port, explanation } of ports) output.say(`\n${of} ${port}: ${explanation}`);
      for (const { warnings } of found.maps) output.warn(warnings);
    });
  });
}

const textOf = ({ maps }: PortMaps): string => maps.map(({ text }) => text).join('\n');

function ringOf(asked: readonly PortRange[]): number[] {
  const all = asked.flatMap(portsOf);
  if (all.length <= mostRings) return all;
  throw new UsageError(
    `At most ${mostRings} ports can be ringed, and these are ${all.length}.`,
    'See portreservation map --help.',
  );
}

function renderingOf(options: Options, ring: number[], terminal: Terminal): PortMapRendering {
  const { svg, html, card, layout, caption, stamp } = options;
  const words = stamp ? `${hostname()}, ${new Date().toISOString().slice(0, 10)}` : caption;
  const common = given({ ring: ring.length > 0 ? ring : undefined, layout, caption: words });
  if (html !== undefined) return { format: 'html', ...common };
  if (svg !== undefined) return { format: 'svg', ...given({ card }), ...common };
  return { ...renderingFor(terminal, options), ...common };
}

function pause(word: string): number {
  const milliseconds = duration(word);
  if (milliseconds >= 100 && milliseconds <= 3_600_000) return milliseconds;
  throw new InvalidArgumentError('It must be a time of 100ms to 1h.');
}

/** Puts the file in place in one step. */
async function replace(file: string, text: string): Promise<void> {
  const fresh = `${file}.${crypto.randomUUID()}`;
  try {
    await writeFile(fresh, text, { flag: 'wx' });
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true }).catch(() => {});
    const { code, message } = error as NodeJS.ErrnoException;
    const facts = { target: file, osCode: code };
    throw new ServiceError('OsError', `The picture ${file} cannot be written: ${code ?? message}.`, facts, error);
  }
}
