import { execFile } from 'node:child_process';
import type { Caller } from '../lab/caller.ts';
import type { Answer } from './report.ts';

interface Output {
  code: number | string;
  text: string;
}

const run = (file: string, ...args: string[]): Promise<Output> =>
  new Promise((resolve) => {
    execFile(file, args, { encoding: 'latin1' }, (error, stdout) => {
      resolve({ code: error ? (error.code ?? 'failed') : 0, text: stdout });
    });
  });

const netsh = (...args: string[]) => run('netsh', 'interface', ...args);

/** The rows of every table that touch the block: `ipv4 active: 5000 5001 *`. */
async function rowsOf(protocol: string, start: number, count: number): Promise<string[]> {
  const found: string[] = [];
  for (const family of ['ipv4', 'ipv6'])
    for (const store of ['active', 'persistent']) {
      const { text } = await netsh(family, 'show', 'excludedportrange', `protocol=${protocol}`, `store=${store}`);
      for (const [line, first, last] of text.matchAll(/^\s*(\d{1,5})\s+(\d{1,5})\s*\*?\s*$/gm))
        if (Number(first) < start + count && Number(last) >= start)
          found.push(`${family} ${store}: ${line.trim().replaceAll(/\s+/g, ' ')}`);
    }
  return found;
}

const registryKey = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Nsi\\{eb004a03-9b1a-11d4-9123-0050047759bc}\\29';

/** The values of the registry key that are not there before. */
async function newValues(work: () => Promise<unknown>): Promise<string[]> {
  const lines = async () => (await run('reg', 'query', registryKey)).text.split(/\r?\n/).map((line) => line.trim());
  const before = new Set(await lines());
  await work();
  return (await lines()).filter((line) => !before.has(line));
}

/** What netsh and the registry say of each kind of reservation. `start` is the first of 16 free ports. */
export async function elevatedAnswers(caller: Caller, start: number): Promise<Answer[]> {
  const answers: Answer[] = [];
  const tell = (question: string, answer: unknown) => answers.push({ question, answer });

  const values = await newValues(() => caller.call('create', 'tcp', start, 2));
  tell('Registry values that Create adds', values);
  tell('Rows of a persistent reservation', await rowsOf('tcp', start, 2));
  tell('Rows of the udp table for a tcp reservation', await rowsOf('udp', start, 2));
  await caller.call('delete', 'tcp', start, 2);
  tell('Rows after Delete', await rowsOf('tcp', start, 2));

  const exclusion = ['protocol=tcp', `startport=${start + 4}`, 'numberofports=2'];
  for (const store of ['active', 'persistent']) {
    await netsh('ipv4', 'add', 'excludedportrange', ...exclusion, `store=${store}`);
    tell(`Rows of an exclusion made with store=${store}`, await rowsOf('tcp', start + 4, 2));
    tell(`Lookup of it`, await caller.call('lookup', 'tcp', start + 4, 2));
    tell(`Create over it`, await caller.call('create', 'tcp', start + 5, 1));
    await caller.call('delete', 'tcp', start + 5, 1);
    const control = await caller.call('socket', 'tcp');
    tell(`ACQUIRE over it`, (await caller.call('acquire', control, start + 4, 1)).code);
    await caller.call('close', control);
    tell(`Plain bind inside it`, (await caller.call('bind', await caller.call('socket', 'tcp'), start + 4)).code);
    tell(`Delete of it`, await caller.call('delete', 'tcp', start + 4, 2));
    await netsh('ipv4', 'delete', 'excludedportrange', ...exclusion, `store=${store}`);
    tell('Rows afterwards', await rowsOf('tcp', start + 4, 2));
  }
  return answers;
}

/** What needs no rights: rows of a runtime reservation, and netsh's own words. */
export async function ordinaryAnswers(caller: Caller, start: number): Promise<Answer[]> {
  const control = await caller.call('socket', 'udp');
  await caller.call('acquire', control, start, 2);
  const rows = await rowsOf('udp', start, 2);
  await caller.call('close', control);
  const shown = await netsh('ipv4', 'show', 'excludedportrange', 'protocol=tcp');
  const dynamic = await netsh('ipv4', 'show', 'dynamicport', 'protocol=tcp');
  return [
    { question: 'Rows of a runtime reservation made by a user process', answer: rows },
    { question: 'Words of show excludedportrange (console code page as Latin-1)', answer: shown },
    { question: 'Words of show dynamicport', answer: dynamic },
    { question: 'Console code page', answer: (await run('chcp.com')).text.trim() },
  ];
}
