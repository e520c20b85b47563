import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { type PowerShellOptions, spawnPowerShell } from './powershell-process.ts';

/** A PowerShell that runs one script after the other in one runspace, as it does at an interactive prompt. */
export class PowerShellSession implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #changes = new EventEmitter();
  readonly #text = { stdout: '', stderr: '' };
  #count = 0;
  #last = { run: 0, stdout: '' };
  #ended: { exitCode: number | null } | undefined;

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child;
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].on('data', (text: string) => {
        this.#text[stream] += text;
        this.#changes.emit('change');
      });
    }
    child.on('close', (exitCode) => {
      this.#ended = { exitCode };
      this.#changes.emit('change');
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Runs a script of any number of lines; the promise ends with it, also when {@link interrupt} stops it. */
  async run(script: string): Promise<{ stdout: string; stderr: string }> {
    this.#count++;
    // pwsh takes a statement of several lines up to an empty one, so the script goes as one line.
    const bytes = Buffer.from(script).toString('base64');
    const text = `[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('${bytes}'))`;
    this.#child.stdin.write(`. ([scriptblock]::Create(${text}))\n`);
    this.#askForMark();
    const end = new RegExp(`${this.#mark}\\r?\\n`);
    await this.#until(() => end.test(this.#text.stdout) && end.test(this.#text.stderr));
    const result = { stdout: this.#take('stdout', end), stderr: this.#take('stderr', end) };
    this.#last = { run: this.#count, stdout: result.stdout };
    this.#changes.emit('change');
    return result;
  }

  /** Waits until the running script has written this to standard output. */
  async sees(text: string): Promise<void> {
    const run = this.#count;
    await this.#until(() => this.#text.stdout.includes(text) || this.#last.run === run);
    if (this.#last.run === run && !this.#last.stdout.includes(text)) {
      throw new Error(`The script ended without writing '${text}'.\nstdout: ${this.#last.stdout}`);
    }
  }

  /**
   * Ctrl+C: stops the running script alone. Send it to a script that does not end by itself, or it may come late and
   * stop the next one. Not on Windows, where a signal from outside kills.
   */
  interrupt(): void {
    if (process.platform === 'win32') throw new Error('Ctrl+C cannot be sent to another process on Windows.');
    this.#child.kill('SIGINT');
    this.#askForMark(); // the script may just have ended, and what was stopped may be the writing of the mark
  }

  /** Ends the session as the end of its input does. */
  async close(): Promise<number | null> {
    this.#child.stdin.end();
    while (!this.#ended) await once(this.#changes, 'change');
    return this.#ended.exitCode;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    this.#child.stdout.destroy(); // what a script started may still hold them open
    this.#child.stderr.destroy();
    await this.close();
  }

  get #mark(): string {
    return `--- end of script ${this.#count} ---`;
  }

  #askForMark(): void {
    this.#child.stdin.write(`[Console]::Out.WriteLine('${this.#mark}'); [Console]::Error.WriteLine('${this.#mark}')\n`);
  }

  #take(stream: 'stdout' | 'stderr', end: RegExp): string {
    const [own = '', ...rest] = this.#text[stream].split(end);
    this.#text[stream] = rest.join('');
    return own.replace(anyMark, '');
  }

  async #until(done: () => boolean): Promise<void> {
    while (!done()) {
      if (this.#ended) {
        const { stdout, stderr } = this.#text;
        throw new Error(`PowerShell ended with ${this.#ended.exitCode}.\nstdout: ${stdout}\nstderr: ${stderr}`);
      }
      await once(this.#changes, 'change');
    }
  }
}

const anyMark = /--- end of script \d+ ---\r?\n/g;

/** Starts a session; `await using` ends it. */
export async function startPowerShell(options: PowerShellOptions = {}): Promise<PowerShellSession> {
  return new PowerShellSession(await spawnPowerShell(['-Command', '-'], options));
}
