import { rename, rm, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { ServiceError } from '../../protocol/errors.ts';
import type { Protocol } from '../../protocol/generated/contract.ts';
import { UsageError } from '../failure.ts';
import { type CommonOptions, protocolOption, wholeNumber, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { renderingFor, type Terminal, type Wishes } from '../rendering.ts';
import { inService } from '../service.ts';

interface Options extends CommonOptions, Wishes {
  protocol: Protocol[];
  svg?: string;
}

export function addMap(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('map')
    .summary('show all ports of a protocol at a glance')
    .description('Show all 65,535 ports of a protocol at a glance, in the terminal or as a picture.')
    .addOption(protocolOption('whose ports: tcp, udp, or tcp,udp').default(['tcp'], 'tcp'))
    .addOption(
      new Option('--width <columns>', 'how wide, 40 to 500; as the terminal is if absent').argParser(
        wholeNumber(500, 40),
      ),
    )
    .option('--plain', 'ASCII characters and no colours')
    .addOption(new Option('--svg <file>', 'write a picture instead').conflicts(['width', 'plain', 'json']));
  withCommon(command).action((options: Options) => show(options, { output, terminal }));
}

async function show(options: Options, { output, terminal }: { output: Output; terminal: Terminal }): Promise<void> {
  const { protocol, svg, json } = options;
  const { checkParams } = await import('../../protocol/check.ts');
  const render = svg === undefined ? renderingFor(terminal, options) : { format: 'svg' as const };
  const params = checkParams('port/map', { protocol, ...(!json && { render }) });
  if (svg !== undefined && protocol.length > 1) {
    throw new UsageError('A picture is of one protocol.', 'Give --protocol tcp or --protocol udp.');
  }
  const found = await inService(options, (service) => service.map(params));
  if (svg !== undefined) await replace(svg, found.maps[0]!.text!);
  output.result(found, () => {
    for (const map of found.maps) {
      if (svg === undefined) terminal.stdout.write(`${map.text}\n`);
      output.warn(map.warnings);
    }
  });
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
