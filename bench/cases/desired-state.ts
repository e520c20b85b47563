import { toJson, toYaml } from '../../src/desired-state/writers.ts';
import { thisHost } from '../../src/host.ts';
import { applyDesiredState, type DesiredState, type DocumentFormat, openService } from '../../src/index.ts';
import { startWorker, type WorkerClient } from '../../src/rpc/client/client.ts';
import { type Case, paired, type Result, timed } from '../measure.ts';
import { environment } from '../support.ts';

const host = { ...thisHost(), env: environment() };

const document: DesiredState = {
  name: 'bench',
  reservations: Array.from({ length: 500 }, (_, index) => ({
    protocol: 'tcp',
    startPort: 20_000 + index * 4,
    numberOfPorts: 3,
    name: `service-${index}`,
    reason: `what service ${index} is for`,
  })),
};

const formats = ['json', 'yaml'] as const;

/** The request of a worker that is started for it, as a run of configuration management does. */
async function ofNewWorker(request: (worker: WorkerClient) => Promise<unknown>): Promise<void> {
  await using worker = await startWorker({ env: environment(), provider: 'ledger' });
  await request(worker);
}

const apply: Case = {
  name: 'apply of 500 items',
  async run() {
    const service = await openService({ host, provider: 'ledger' });
    const text = { json: toJson(document).text, yaml: (await toYaml(document)).text };
    const inProcess = async (format: DocumentFormat) => {
      const { failed } = await applyDesiredState(service, { text: text[format], format });
      if (failed > 0) throw new Error(`${failed} of the items failed`);
    };
    const first = await timed(() => inProcess('json'));
    const results: Result[] = [{ name: 'first apply of 500 items', milliseconds: first }];
    for (const format of formats) {
      const measured = await paired(
        20,
        () => inProcess(format),
        () => service.list(),
      );
      results.push({ name: `second apply of 500 items, ${format}`, ...measured, floor: 'one list' });
    }
    for (const format of formats) {
      const measured = await paired(
        10,
        () => ofNewWorker((worker) => worker.request('desiredState/apply', { text: text[format], format })),
        () => ofNewWorker((worker) => worker.request('reservation/list', {})),
      );
      const name = `second apply of 500 items, ${format}, new worker`;
      results.push({ name, ...measured, floor: 'one list of a new worker', aim: '<= 2' });
    }
    await applyDesiredState(service, { text: '{"name":"bench"}', format: 'json', prune: true });
    await service.close();
    return results;
  },
};

export const desiredStateCases: Case[] = [apply];
