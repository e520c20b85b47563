import { exitCodeOfOldNode, whyTooOld } from '../oldest-node.ts';
import { inputOf, outputOf } from './streams.ts';

const tooOld = whyTooOld(process.versions.node);
if (tooOld !== undefined) {
  process.stderr.write(`${JSON.stringify({ error: tooOld })}\n`);
  process.exitCode = exitCodeOfOldNode;
} else {
  const streams = {
    stdin: inputOf(0, () => process.stdin),
    stdout: outputOf(1, () => process.stdout),
    stderr: outputOf(2, () => process.stderr),
  };
  // No await: the bundle is CommonJS. What is loaded from here on an old Node may not know.
  import('./run.ts')
    .then(({ runDsc }) => runDsc(process.argv.slice(2), streams))
    .then((code) => {
      process.exitCode = code;
    });
}
