/** JSON-RPC's own error codes, and the one for a cancelled request that LSP added. */
export const errorCodes = {
  ParseError: -32700,
  InvalidRequest: -32600,
  MethodNotFound: -32601,
  InvalidParams: -32602,
  InternalError: -32603,
  RequestCancelled: -32800,
} as const;

/** What a message may be answered to: null when its id is not known. */
export type AnswerId = string | number | null;

/** Something received that cannot be served: how it is answered, and whether the conversation can go on after it. */
export class Fault extends Error {
  readonly code: number;
  readonly id: AnswerId;
  /** The frames cannot be told apart any more. */
  readonly isFatal: boolean;
  /** What stood where a frame should begin, as far as it has arrived. */
  received: Buffer | undefined;

  constructor(code: keyof typeof errorCodes, message: string, id: AnswerId = null, isFatal = false) {
    super(message);
    this.code = errorCodes[code];
    this.id = id;
    this.isFatal = isFatal;
  }

  /** A broken frame: where the next one begins is not known, so the conversation ends. */
  static broken(code: 'ParseError' | 'InvalidRequest', rule: string): Fault {
    return new Fault(code, `Broken frame: ${rule}.`, null, true);
  }
}
