import { type Command, Option } from 'commander';
import { type DocumentFormat, type ImportSource, wordsOf } from '../../protocol/generated/contract.ts';
import { UsageError } from '../failure.ts';
import { type CommonOptions, given, withCommon } from '../options.ts';
import type { Output } from '../output.ts';
import { readAtMost } from '../read-file.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';

interface Options extends CommonOptions {
  from: ImportSource;
  document?: string;
  format: DocumentFormat;
}

const needsFile: readonly ImportSource[] = ['csv', 'urlacl'];

export function addImport(root: Command, output: Output, terminal: Terminal): void {
  const command = root
    .command('import')
    .summary('write what is there without a document as one')
    .description(
      'Write a document of what others have excluded, of what listens, or of a file that says so. It changes nothing; what somebody else made has a reason that begins with "foreign:".',
    )
    .argument('[file]', 'a file of sysctl.d, the output of netsh, a table; - is standard input; this machine if absent')
    .addOption(new Option('--from <source>', 'what it is made of').choices(wordsOf.ImportSource).makeOptionMandatory())
    .option('--document <name>', 'the name of the document; imported if absent')
    .addOption(
      new Option('--format <format>', 'what it is written in')
        .choices(wordsOf.DocumentFormat)
        .default('yaml' satisfies DocumentFormat),
    );
  withCommon(command).action(async (file: string | undefined, options: Options) => {
    const { from, document, format } = options;
    if (file === undefined && needsFile.includes(from)) {
      throw new UsageError(
        `Name the file that --from ${from} is to read, or - for standard input.`,
        'See portreservation import --help.',
      );
    }
    const { importDesiredState } = await import('../../desired-state/import/import.ts');
    const { decodeDocument, longestDocument } = await import('../../desired-state/read-document.ts');
    const { checkParams } = await import('../../protocol/check.ts');
    const text = file === undefined ? undefined : decodeDocument(await readAtMost(file, terminal, longestDocument + 1));
    const params = checkParams('desiredState/import', given({ from, document, format, text }));
    const imported = await inService(options, (service) => importDesiredState(service, params));
    output.result(imported, () => {
      terminal.stdout.write(imported.text);
      output.warn(imported.warnings);
    });
  });
}
