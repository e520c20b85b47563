/** Where an instance comes from: the engine's pipe; at a terminal there is none. */
export type Input = AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };

/** Where lines go. */
export interface Output {
  write(text: string | Uint8Array): unknown;
}

/** The streams of a command resource: in the instance, out the results and the traces, a line of JSON each. */
export interface DscStreams {
  stdin: Input;
  stdout: Output;
  stderr: Output;
}
