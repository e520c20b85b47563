/** How far a call is. */
export interface Progress {
  /** What is being done, in a few words. */
  title: string;
  /** How far it is, in words. */
  message?: string;
  /** How far it is in whole percents, 0 to 100, never less than before. */
  percentage?: number;
}

/** What a call may be given besides its params. */
export interface CallOptions {
  /** Cancels the call, which then rejects with the signal's reason and has changed nothing. */
  signal?: AbortSignal;
  /** Is told how far the call is: when it begins, and where it is a percent further. It must not throw. */
  onProgress?: (progress: Progress) => void;
}
