import { Argument, type Command } from 'commander';

/** For the help alone: main.ts runs it, without loading this. */
export function addDsc(root: Command): void {
  root
    .command('dsc')
    .summary('do what the DSC engine asks of a resource')
    .description(
      'Do what the DSC engine asks of a resource, as the manifests beside the module say: an instance as JSON on standard ' +
        'input, results and traces as lines of JSON.',
    )
    .addArgument(new Argument('<operation>', 'what to do').choices(['get', 'set', 'test', 'delete', 'export']))
    .addArgument(new Argument('<resource>', 'of which type').choices(['Reservation', 'ReservationList', 'Exclusion']))
    .option('--what-if', 'of set and delete: say what would be done, and do nothing');
}
