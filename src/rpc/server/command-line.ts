import type { ProviderChoice } from '../../protocol/generated/contract.ts';

/** What the command line asks for. */
export type Command =
  | { kind: 'serve'; provider: ProviderChoice }
  | { kind: 'listen'; address: string | undefined; provider: ProviderChoice }
  | { kind: 'version' }
  | { kind: 'help' }
  | { kind: 'wrong'; reason: string };

// Not taken from the validators: they would be loaded at each start.
const providers: Record<ProviderChoice, true> = { auto: true, windows: true, linux: true, ledger: true };

/** The names, as people are told them. */
export const providerNames = Object.keys(providers);

/** Whether it is the name of a provider, or `auto`. */
export const isProvider = (word: string): word is ProviderChoice => Object.hasOwn(providers, word);

/** How the worker was called: by its file, or by the command line's word for it. */
export type WorkerName = 'worker.mjs' | 'portreservation serve';

export const usage = (
  name: WorkerName,
) => `Usage: ${name} --stdio|--listen [ADDRESS] [--provider ${providerNames.join('|')}]

Reserves TCP and UDP ports for the program that starts it, which speaks
JSON-RPC 2.0 with Content-Length frames on the worker's standard streams.
Ends with its input and frees what it holds. Or listens for all programs of
this user, until a signal ends it, and says on its output where.

  --stdio          serve on standard input and output; standard error is the
                   log, one JSON object a line
  --listen [ADDRESS]
                   serve at a unix socket or a pipe of Windows; in a folder of
                   this user's own if absent
  --provider NAME  how reservations are carried out, unless initialize says it;
                   default auto
  --version        print the version
  --help           print this text

Exit codes: 0 end of input, or exit after shutdown; 1 broken frame, broken
stream, or exit without shutdown; 64 wrong arguments; 70 a fault of the worker;
128+n ended by signal n.
`;

/** Reads the command line. */
export function parseCommandLine(words: readonly string[]): Command {
  let serves = false;
  let listens = false;
  let address: string | undefined;
  let provider: ProviderChoice = 'auto';
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!;
    if (word === '--help') return { kind: 'help' };
    if (word === '--version') return { kind: 'version' };
    if (word === '--stdio') serves = true;
    else if (word === '--listen') {
      listens = true;
      const next = words[index + 1];
      if (next !== undefined && !next.startsWith('-')) address = words[++index];
    } else if (word.startsWith('--listen=')) {
      listens = true;
      address = word.slice('--listen='.length);
    } else if (word === '--provider' || word.startsWith('--provider=')) {
      const name = word === '--provider' ? (words[++index] ?? '') : word.slice('--provider='.length);
      if (!isProvider(name)) return { kind: 'wrong', reason: `--provider must be one of ${providerNames.join(', ')}` };
      provider = name;
    } else return { kind: 'wrong', reason: `unknown argument ${JSON.stringify(word)}` };
  }
  if (serves && listens) return { kind: 'wrong', reason: '--stdio and --listen exclude each other' };
  if (address === '') return { kind: 'wrong', reason: '--listen= must be followed by an address' };
  // Node fills such a name up with zeros, so that no other program finds it.
  if (address?.startsWith('@'))
    return { kind: 'wrong', reason: `--listen ${address} is an abstract address; name a path` };
  if (listens) return { kind: 'listen', address, provider };
  return serves ? { kind: 'serve', provider } : { kind: 'wrong', reason: '--stdio or --listen is missing' };
}
