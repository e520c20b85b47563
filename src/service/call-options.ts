/** What a call may be given besides its params. */
export interface CallOptions {
  /** Cancels the call, which then rejects with the signal's reason and has changed nothing. */
  signal?: AbortSignal;
}
