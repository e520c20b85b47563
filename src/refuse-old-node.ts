import { whyTooOld } from './oldest-node.ts';

// For a library, which has no exit code to say it with.
const reason = whyTooOld(process.versions.node);
if (reason !== undefined) throw new Error(reason);
