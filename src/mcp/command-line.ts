import type { ProviderChoice } from '../protocol/generated/contract.ts';
import { isProvider, providerNames } from '../rpc/server/command-line.ts';

/** What the command line asks for. */
export type Command =
  | { kind: 'serve'; provider: ProviderChoice }
  | { kind: 'help' }
  | { kind: 'wrong'; reason: string };

export const usage = `Usage: portreservation mcp [--provider ${providerNames.join('|')}]

Serves the Model Context Protocol on standard input and output, for the agents
of editors: it gives each worktree ports of its own, and says who has a port.
Ends with its input and frees what it holds.

  --provider NAME  how reservations are carried out; default auto
  --help           print this text

Standard error is the log, one JSON object a line.
`;

/** Reads the command line. */
export function parseCommandLine(words: readonly string[]): Command {
  let provider: ProviderChoice = 'auto';
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--help') return { kind: 'help' };
    if (word === '--stdio') continue; // there is no other way, and other programs want to be told
    if (word !== '--provider' && !word.startsWith('--provider=')) {
      return { kind: 'wrong', reason: `unknown argument ${JSON.stringify(word)}` };
    }
    const name = word === '--provider' ? (words[++index] ?? '') : word.slice('--provider='.length);
    if (!isProvider(name)) return { kind: 'wrong', reason: `--provider must be one of ${providerNames.join(', ')}` };
    provider = name;
  }
  return { kind: 'serve', provider };
}
