/**
 * A process that makes one change of the reservations, and dies, by SIGKILL, when it is about to make its nth change of
 * files, of the kernel's list or of its gate. Bundled and started by killed.test.ts.
 */
import { openService } from '../../../../src/open-service.ts';
import { killBefore } from '../../../support/kill-before.ts';
import { deadlyBpf } from '../../gate/support/deadly-bpf.ts';

const [step, method, params] = process.argv.slice(2);
const service = await openService();
const files = ['openSync', 'writeSync', 'writeFileSync', 'fsync', 'renameSync', 'rmSync', 'unlinkSync'] as const;
killBefore(Number(step), [...files, 'mkdirSync', 'rmdirSync'], [deadlyBpf]);
await service[method as 'create' | 'release'](JSON.parse(params!));
await service.close();
process.stdout.write('done');
