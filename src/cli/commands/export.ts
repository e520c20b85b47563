import { type Command, Option } from 'commander';
import { type ExportFormat, wordsOf } from '../../protocol/generated/contract.ts';
import { type CommonOptions, documentOption, given, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';

interface Options extends CommonOptions {
  format: ExportFormat;
  document?: string;
}

export function addExport(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('export')
    .summary('write what there is as a document, or for other programs')
    .description(
      'Write the persistent reservations and own exclusions as a document, or their ports for other programs.',
    )
    .addOption(
      new Option('--format <format>', 'a document (yaml, json), NAME_PORT=21040 lines (env), or a file of that program')
        .choices(wordsOf.ExportFormat)
        .default('yaml' satisfies ExportFormat),
    )
    .addOption(documentOption());
  withCommon(command).action(async (options: Options) => {
    const { exportDesiredState } = await import('../../desired-state/export.ts');
    const { checkParams } = await import('../../protocol/check.ts');
    const { format, document } = options;
    const params = checkParams('desiredState/export', given({ format, document }));
    const exported = await inService(options, (service) => exportDesiredState(service, params));
    output.result(exported, () => {
      terminal.stdout.write(exported.text);
      output.warn(exported.warnings);
    });
  });
}
