// Prints the skipped tests with their reasons, and the plain closing line, from vitest's JSON report.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const skipped = report.testResults.flatMap((file) =>
  file.assertionResults.filter(({ status }) => status === 'pending' || status === 'skipped' || status === 'todo'),
);
for (const { fullName } of skipped) console.log(`skipped: ${fullName}`);
const failedFiles = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.length);
const failed = report.numFailedTests + failedFiles.length;
console.log(`${report.numPassedTests} passed, ${failed} failed${skipped.length ? `, ${skipped.length} skipped` : ''}`);
if (process.env.CI === 'true' && skipped.length) {
  console.error('In CI nothing that can run is skipped.');
  process.exitCode = 1;
}
