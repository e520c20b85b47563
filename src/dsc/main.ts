import { runDsc } from './run.ts';
import { inputOf, outputOf } from './streams.ts';

const streams = {
  stdin: inputOf(0, () => process.stdin),
  stdout: outputOf(1, () => process.stdout),
  stderr: outputOf(2, () => process.stderr),
};
// No await: the bundle is CommonJS.
runDsc(process.argv.slice(2), streams).then((code) => {
  process.exitCode = code;
});
