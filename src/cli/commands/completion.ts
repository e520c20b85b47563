import { Argument, type Command } from 'commander';
import type { PortExclusion, Reservation } from '../../protocol/generated/contract.ts';
import { candidates, type Look } from '../completion/candidates.ts';
import { completionHelp, type Shell, scripts, shells } from '../completion/scripts.ts';
import type { Terminal } from '../rendering.ts';
import { inService } from '../service.ts';
import { printable } from '../table.ts';

export function addCompletion(root: Command, _: unknown, terminal: Terminal): void {
  root
    .command('completion')
    .summary('write a script that completes words in a shell')
    .description('Write a script that lets a shell complete commands, options, and the names of reservations.')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText('after', completionHelp)
    .action((shell: Shell) => void terminal.stdout.write(scripts[shell]));
  // What the scripts call.
  root
    .command('complete', { hidden: true })
    .argument('[words...]')
    .option('--new-word', 'the word to complete is empty and left out')
    .action(async (words: string[], { newWord }: { newWord?: boolean }) => {
      const found = await candidates(root, newWord ? [...words, ''] : words, look);
      const lines = found.map(({ word, description = '' }) => `${printable(word)}\t${printable(description)}\n`);
      terminal.stdout.write(lines.join(''));
    });
}

/** None where they cannot be read: this is no place to say why. */
const look: Look = {
  reservations: () =>
    inService({}, async (service) => (await service.list()).reservations).catch((): Reservation[] => []),
  exclusions: () =>
    inService({}, async (service) => (await service.listExclusions({ own: true })).exclusions).catch(
      (): PortExclusion[] => [],
    ),
};
