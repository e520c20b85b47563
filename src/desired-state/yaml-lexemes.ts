import { deepestNesting } from './place.ts';

/** What is wrong with a YAML text, and at which offset. */
export interface YamlFault {
  offset: number;
  message: string;
}

/** Texts are names and reasons. */
const longestText = 64 * 1024;
/** A document of 3,000 entries with all their keys. What is made of them takes one piece of time. */
const mostLexemes = 100_000;

/** The package writes marks of its own between the parts of the text. */
const marks = { byteOrder: '\uFEFF', document: '\x02', flowError: '\x18', scalar: '\x1f' };
const isMark = (lexeme: string) => lexeme !== marks.byteOrder && Object.values(marks).includes(lexeme);
const isSpace = (lexeme: string) => /^[ \t]+$/.test(lexeme);
const isLineEnd = (lexeme: string) => /^\r?\n$/.test(lexeme);

/**
 * Looks at the parts of a YAML text one by one, and finds what nobody needs here and is dear to parse: deep nesting, aliases
 * (a few lines of them can stand for gigabytes), very long texts, and very many parts.
 */
export class LexemeGuard {
  #offset = 0;
  #lineStart = 0;
  #count = 0;
  #flowDepth = 0;
  /** The columns at which the block collections begin that are open; at least as many as there are. */
  readonly #columns: number[] = [];
  /** Whether what comes next may begin a collection: at the start of a line, or behind "-" or "?". */
  #mayBegin = true;
  #isScalar = false;

  /** Takes the next part; says what is wrong with it. */
  take(lexeme: string): YamlFault | undefined {
    if (++this.#count > mostLexemes) return this.#fault('has too many parts for YAML; write it as JSON');
    const isScalar = this.#isScalar;
    this.#isScalar = lexeme === marks.scalar;
    if (isMark(lexeme)) return undefined;
    const fault = isScalar || /^['"]/.test(lexeme) ? this.#text(lexeme) : this.#sign(lexeme);
    this.#offset += lexeme.length;
    return fault;
  }

  #text(lexeme: string): YamlFault | undefined {
    this.#begin();
    // A text in a block ends with its last line's end.
    if (lexeme.endsWith('\n')) this.#newLine(lexeme.length);
    return lexeme.length > longestText ? this.#fault(`has a text of more than ${longestText} characters`) : undefined;
  }

  #sign(lexeme: string): YamlFault | undefined {
    if (isLineEnd(lexeme)) this.#newLine(lexeme.length);
    else if (lexeme === '[' || lexeme === '{') {
      this.#begin();
      this.#flowDepth++;
    } else if (lexeme === ']' || lexeme === '}') this.#flowDepth = Math.max(0, this.#flowDepth - 1);
    else if (lexeme === '-' || lexeme === '?') {
      this.#mayBegin = true;
      this.#begin();
      this.#mayBegin = true;
    } else if (lexeme.startsWith('*')) return this.#fault(`has the alias ${lexeme}; write the value out instead`);
    else if (!isSpace(lexeme) && !lexeme.startsWith('#')) this.#begin();
    const isTooDeep = this.#columns.length + this.#flowDepth > deepestNesting;
    return isTooDeep ? this.#fault('is nested too deeply') : undefined;
  }

  #begin(): void {
    if (!this.#mayBegin || this.#flowDepth > 0) return;
    this.#mayBegin = false;
    const column = this.#offset - this.#lineStart;
    while (this.#columns.length > 0 && this.#columns.at(-1)! >= column) this.#columns.pop();
    this.#columns.push(column);
  }

  #newLine(length: number): void {
    this.#lineStart = this.#offset + length;
    this.#mayBegin = true;
  }

  #fault(message: string): YamlFault {
    return { offset: this.#offset, message };
  }
}
