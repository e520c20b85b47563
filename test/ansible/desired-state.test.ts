import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ownHome } from '../support/worker.ts';
import { Ansible, executable, missing, type Outcome } from './support.ts';

const web = { protocol: 'tcp', startPort: 22_600, numberOfPorts: 3, name: 'web', reason: 'front' };
const dns = { protocol: ['tcp', 'udp'], startPort: 22_610, name: 'dns' };
const titles = ({ changes }: Outcome) =>
  changes.map(({ action, protocol, range, error }) =>
    [action, protocol, range.startPort, ...(error ? [error.name] : [])].join(' '),
  );

describe.skipIf(missing)(`the module portreservation.ports.desired_state${missing}`, () => {
  let ansible: Ansible;
  beforeAll(async () => {
    ansible = await Ansible.install();
  });
  afterAll(() => ansible?.remove());

  /** Applies one after the other, on the same ledger. */
  async function applyEach(home: string, tasks: { args: object; check_mode?: boolean; diff?: boolean }[]) {
    const environment = { PORT_RESERVATION_HOME: home };
    const all = tasks.map(({ args, ...keywords }) => ({
      'portreservation.ports.desired_state': { provider: 'ledger', executable, ...args },
      environment,
      ...keywords,
    }));
    return (await ansible.play(all)).localhost!;
  }

  const newHome = () => ownHome(onTestFinished).PORT_RESERVATION_HOME!;
  const listed = (home: string) => {
    const env = { ...process.env, PORT_RESERVATION_HOME: home };
    const [program, ...words] = [...executable, 'get', '--json'];
    return JSON.parse(execFileSync(program!, words, { env, encoding: 'utf8' })).reservations;
  };

  test('makes a document so, and the second time does nothing; check mode only says what it would do', async () => {
    const shop = { document: { name: 'shop', reservations: [web, dns] } };
    const less = { document: { name: 'shop', reservations: [{ ...web, reason: "the front's" }] } };
    const outcomes = await applyEach(newHome(), [
      { args: shop, check_mode: true, diff: true },
      { args: shop, diff: true },
      { args: shop, diff: true },
      { args: less, diff: true },
      { args: { ...less, prune: true }, check_mode: true, diff: true },
      { args: { ...less, prune: true } },
      { args: { ...less, prune: true }, check_mode: true },
    ]);
    expect(outcomes.map(({ failed, msg }) => [failed, msg])).toEqual(outcomes.map(() => [false, undefined]));
    expect(outcomes.map(({ changed }) => changed)).toEqual([true, true, false, true, true, true, false]);
    const made = ['create tcp 22600', 'create tcp 22610', 'create udp 22610'];
    const same = ['none tcp 22600', 'none tcp 22610', 'none udp 22610'];
    const pruned = ['release tcp 22610', 'release udp 22610', 'none tcp 22600'];
    const updated = ['update tcp 22600'];
    expect(outcomes.map(titles)).toEqual([made, made, same, updated, pruned, pruned, ['none tcp 22600']]);
    const dnsLines = 'reservation tcp 22610\n  name: "dns"\nreservation udp 22610\n  name: "dns"\n';
    const headers = { before_header: 'shop', after_header: 'shop' };
    const created = { before: '', after: `reservation tcp 22600-22602\n  name: "web"\n${dnsLines}`, ...headers };
    expect(outcomes.map(({ diff }) => diff)).toEqual([
      created,
      created,
      { before: '', after: '', ...headers },
      {
        before: 'reservation tcp 22600-22602\n  reason: "front"\n',
        after: 'reservation tcp 22600-22602\n  reason: "the front\'s"\n',
        ...headers,
      },
      { before: dnsLines, after: '', ...headers },
      undefined,
      undefined,
    ]);
  });

  test('what is in the way fails the task with our message, and the rest is done', async () => {
    const args = { document: { name: 'shop', reservations: [web, dns] } };
    const [, failed, foreseen] = await applyEach(newHome(), [
      { args: { document: { name: 'other', reservations: [{ protocol: 'tcp', startPort: 22_601 }] } } },
      { args, diff: true },
      { args, check_mode: true },
    ]);
    expect(failed).toMatchObject({ failed: true, changed: true, name: 'shop' });
    expect(titles(failed!)).toEqual(['create tcp 22600 RangeReserved', 'create tcp 22610', 'create udp 22610']);
    expect(failed!.failures).toEqual([failed!.changes[0]]);
    const { message, hint } = failed!.changes[0]!.error!;
    expect(message).toMatch(/^tcp 22600-22602 overlaps the persistent reservation tcp 22601 of \S+, for .*"other"/);
    expect(failed!.msg).toBe(
      `1 of 3 entries of the document 'shop' failed. reservation tcp 22600-22602: ${message} ${hint}`,
    );
    expect(failed!.diff!.after).not.toContain('22600');
    expect(foreseen).toMatchObject({ failed: true, changed: false });
    expect(foreseen!.msg).toContain(message);
  });

  test('a document that is wrong fails with the field, and of a file the line', async () => {
    const home = newHome();
    const yaml =
      'name: shop\nreservations:\n  - { protocol: tcp, startPort: 5 }\n  - { protocol: sctp, startPort: 6 }\n';
    const src = ansible.file('bad ports.yaml', yaml);
    const document = (entry: object) => ({ document: { name: 'shop', reservations: [web, entry] } });
    const outcomes = await applyEach(home, [
      { args: document({ protocol: 'udp', startPort: 70_000 }) },
      { args: document({ protocol: 'tcp', startPort: 22_602 }), check_mode: true },
      { args: document({ protocol: 'tcp', startPort: 22_620, colour: 'red' }) },
      { args: { src } },
      { args: { src: `${src}.none` } },
    ]);
    expect(outcomes.map(({ failed, changed }) => [failed, changed])).toEqual(outcomes.map(() => [true, false]));
    const [range, overlap, unknown, file, absent] = outcomes.map(({ msg }) => msg);
    expect(range).toBe('The document is wrong, and nothing was changed: reservations.1.startPort must be 1 to 65535.');
    expect(overlap).toMatch(/ nothing was changed: reservations\.1 \(tcp 22602\) overlaps reservations\.0 /);
    expect(unknown).toMatch(/document\.reservations\.colour/);
    expect(file).toBe(
      `${src} is wrong, and nothing was changed: line 4, column 7: reservations.1.protocol must be tcp, udp, or a list of one or both.`,
    );
    expect(absent).toMatch(/^The document cannot be read: ENOENT: .*bad ports\.yaml\.none/);
    expect(outcomes[3]!.error!.name).toBe('InvalidDocument');
    expect(listed(home)).toEqual([]);
  });

  test('text arrives as it is, numbers of templates as numbers', async () => {
    const home = newHome();
    const reason = `$(id) \${HOME} ~ ; "grüße" 'and' \\ & 🚢`;
    const entry = { protocol: 'tcp,udp', startPort: '{{ 22000 + 600 }}', numberOfPorts: '2', reason };
    const src = ansible.file('$HOME.json', JSON.stringify({ name: 'file', exclusions: [], reservations: [] }));
    const [inline] = await applyEach(home, [
      { args: { document: { $schema: './any.json', name: 'shop; true', reservations: [entry], exclusions: [] } } },
      { args: { src, prune: true } },
    ]);
    expect(inline).toMatchObject({ failed: false, changed: true, name: 'shop; true' });
    const same = { range: { startPort: 22_600, numberOfPorts: 2 }, reason, document: 'shop; true' };
    expect(listed(home)).toMatchObject([
      { protocol: 'tcp', ...same },
      { protocol: 'udp', ...same },
    ]);
  });

  test('where the command line is missing or does not work, the task says what to do', async () => {
    // More than a pipe holds, so that it is certain that the second ends before it is read.
    const document = { name: 'shop', reservations: Array.from({ length: 2000 }, () => web) };
    const outcomes = await applyEach(newHome(), [
      { args: { document, executable: 'no-such-portreservation' } },
      { args: { document, executable: ['/bin/sh', '-c', 'echo node: not found >&2; exit 127'] } },
      { args: { document, executable: [...executable, '--no-such-option'] } },
    ]);
    expect(outcomes.map(({ failed, changed }) => [failed, changed])).toEqual(outcomes.map(() => [true, false]));
    expect(outcomes.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        /^There is no program 'no-such-portreservation' on the managed host, .*'npm install --global /,
      ),
      expect.stringMatching(/^\S+ ended with exit code 127 .* needs Node 20\.19 .* It said: node: not found$/),
      expect.stringMatching(/no-such-option/),
    ]);
  });
});
