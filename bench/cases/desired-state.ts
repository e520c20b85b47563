import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJson, toYaml } from '../../src/desired-state/writers.ts';
import { thisHost } from '../../src/host.ts';
import { applyDesiredState, type DesiredState, type DocumentFormat, openService } from '../../src/index.ts';
import { portSockets } from '../../src/providers/sockets/port-sockets.ts';
import { startWorker, type WorkerClient } from '../../src/rpc/client/client.ts';
import { type Case, paired, type Result, timed } from '../measure.ts';
import { environment } from '../support.ts';
import { durableFloor } from './service.ts';

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

/** Bound once each, in both families, and one durable write under a lock: what 300 new items need in any case. */
const fresh: Case = {
  name: 'first apply of 300 items in both protocols',
  async run() {
    const service = await openService({ host, provider: 'ledger' });
    const [sockets, folder] = [await portSockets(), mkdtempSync(join(tmpdir(), 'port-reservation-floor-'))];
    const reservations = Array.from({ length: 300 }, (_, index) => ({
      protocol: ['tcp' as const, 'udp' as const],
      startPort: 20_000 + index * 2,
      name: `service-${index}`,
    }));
    const text = toJson({ name: 'bench', reservations }).text;
    const applied = (json: string) => applyDesiredState(service, { text: json, format: 'json', prune: true });
    await applied(text);
    const record = readFileSync(join(environment().PORT_RESERVATION_HOME!, 'ledger.json'));
    writeFileSync(join(folder, 'data'), record);
    const forget = () => applied('{"name":"bench"}');
    await forget();
    const floor = async () => {
      for (const { protocol, startPort } of reservations) {
        for (const one of protocol) sockets.close(sockets.hold(one, startPort));
      }
      await durableFloor(folder);
    };
    const measured = await paired(10, () => applied(text), floor, forget);
    await service.close();
    rmSync(folder, { recursive: true });
    return [{ name: this.name, ...measured, floor: '600 binds and one locked write', aim: '<= 1.5' }];
  },
};

export const desiredStateCases: Case[] = [apply, fresh];
