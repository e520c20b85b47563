/** Something that this machine lacks, and not a fault of ours: tests that need it are skipped. */
export class NotPossible extends Error {}
