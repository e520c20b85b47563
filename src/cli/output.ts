import { inCommandLine } from '../dialects/command-line.ts';
import { exitCode } from '../exit-codes.ts';
import type { PortRange } from '../protocol/generated/contract.ts';
import { exitCodeOf, formatFailure } from './failure.ts';
import type { Terminal } from './rendering.ts';
import { type Column, printable, table } from './table.ts';

/** Writes what a command found, in words or as one JSON document, and remembers whether something failed. */
export class Output {
  readonly #terminal: Terminal;
  /** Set when the command's options are known. */
  asJson = false;
  /** How the program will end. */
  exitCode: number = exitCode.done;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** The document with `--json`; what `inWords` writes otherwise. */
  result(document: object, inWords: () => void): void {
    if (this.asJson) this.#terminal.stdout.write(`${JSON.stringify(document)}\n`);
    else inWords();
  }

  /** One sentence. */
  say(sentence: string): void {
    this.#terminal.stdout.write(`${printable(sentence)}\n`);
  }

  /** Every port of the ranges, one a line. */
  ports(ranges: readonly PortRange[]): void {
    const lines = ranges.flatMap(({ startPort, numberOfPorts }) =>
      Array.from({ length: numberOfPorts }, (_, index) => `${startPort + index}\n`),
    );
    this.#terminal.stdout.write(lines.join(''));
  }

  /** A table as wide as the terminal, or as what is in it where there is none. Without a row people are told so. */
  table<T>(rows: readonly T[], columns: readonly Column<T>[], none?: string): void {
    const { stdout } = this.#terminal;
    if (rows.length > 0) stdout.write(table(rows, columns, stdout.columns));
    else if (none && stdout.isTTY) this.note(none);
  }

  /** What could not be looked at; with `--json` the document has it. */
  warn(warnings: readonly string[] = []): void {
    if (this.asJson) return;
    for (const warning of warnings) this.note(`warning: ${inCommandLine(warning)}`);
  }

  /** Something to know that is no result. */
  note(sentence: string): void {
    this.#terminal.stderr.write(`portreservation: ${printable(sentence)}\n`);
  }

  /** An error; other things the command was asked for may go on. */
  fail(error: unknown): void {
    this.#terminal.stderr.write(formatFailure(error, this.asJson));
    this.exitCode = exitCodeOf(error);
  }
}
