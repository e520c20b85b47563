import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { namespaceTitle, noNamespaces, openNamespace } from '../support/namespace.ts';
import { ownHome } from '../support/worker.ts';
import { oldNode, oldNodesTitle, oldVersions } from '../worker/support/old-node.ts';
import { Ansible, executable, missing, type Outcome, python36 } from './support.ts';

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
    const webLines = 'reservation tcp 22600-22602\n  name: "web"\n  reason: "front"\n';
    const created = { before: '', after: `${webLines}${dnsLines}`, ...headers };
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
      { args: { src, remote_src: true } },
      { args: { src: `${src}.none`, remote_src: true } },
      { args: { src: ansible.folder, remote_src: true } },
      { args: { src: '' } },
    ]);
    expect(outcomes.map(({ failed, changed }) => [failed, changed])).toEqual(outcomes.map(() => [true, false]));
    const [range, overlap, unknown, file, absent, there, ...notThere] = outcomes.map(({ msg }) => msg);
    expect(range).toBe('The document is wrong, and nothing was changed: reservations.1.startPort must be 1 to 65535.');
    expect(overlap).toMatch(/ nothing was changed: reservations\.1 \(tcp 22602\) overlaps reservations\.0 /);
    expect(unknown).toMatch(/ nothing was changed: reservations\.1: colour\. Supported parameters include: /);
    expect(file).toBe(
      `${src} is wrong, and nothing was changed: line 4, column 7: reservations.1.protocol must be tcp, udp, or a list of one or both.`,
    );
    expect(absent).toMatch(/^There is no document .*bad ports\.yaml\.none on the controller: /);
    expect(there).toBe(file);
    expect(notThere).toEqual([
      `There is no document ${src}.none on the managed host.`,
      `There is no document ${ansible.folder} on the managed host.`,
      "The option src is '': it has to name the document's file.",
    ]);
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
        /^There is no program 'no-such-portreservation' on the managed host, .* \/usr\/local\/bin .*'npm install --global /,
      ),
      expect.stringMatching(
        /^\S+ needs Node 20\.19 or newer, and there is no Node on the managed host, .* Nothing was done\. .* It said: node: not found$/,
      ),
      expect.stringMatching(/no-such-option/),
    ]);
  });

  test('an entry of an inline document that is wrong is named by its place', async () => {
    const wrong: [unknown, RegExp][] = [
      [{ protocol: 'sctp', startPort: 1 }, /value of protocol must be one or more of: tcp, udp/],
      [{ protocol: 'tcp' }, /missing required arguments: startPort/],
      [{ protocol: 'tcp', startPort: 'web' }, /startPort.* unable to convert to int/],
      ['web', /must be a dictionary/],
    ];
    const tasks = wrong.map(([entry]) => ({ args: { document: { name: 'shop', reservations: [web, entry] } } }));
    const outcomes = await applyEach(newHome(), tasks);
    for (const [index, { failed, changed, msg }] of outcomes.entries()) {
      expect([failed, changed]).toEqual([true, false]);
      expect(msg).toMatch(/^The document is wrong, and nothing was changed: reservations\.1/);
      expect(msg).toMatch(wrong[index]![1]);
    }
  });

  test('home and provider are options, and defaults of the group', async () => {
    const [byOption, byGroup] = [newHome(), newHome()];
    const args = { executable, document: { name: 'shop', reservations: [web] } };
    const module = 'portreservation.ports.desired_state';
    const [first, second] = (
      await ansible.play([
        { [module]: { ...args, home: byOption, provider: 'ledger' } },
        {
          [module]: args,
          module_defaults: { 'group/portreservation.ports.all': { home: byGroup, provider: 'ledger' } },
        },
      ])
    ).localhost!;
    expect([first!.changed, second!.changed]).toEqual([true, true]);
    expect([byOption, byGroup].map((home) => listed(home).length)).toEqual([1, 1]);
  });

  test.each([
    ["Ansible's own Python", '{{ ansible_playbook_python }}'],
    ...(python36 ? [['Python 3.6', python36]] : []),
  ])('text that is not ASCII arrives where the host has the locale C and %s', async (_name, python) => {
    const home = newHome();
    const src = ansible.file(
      'häfen.yaml',
      'name: Hafen\nreservations: [{ protocol: tcp, startPort: 22601, name: Größe }]\n',
    );
    const locale = { LC_ALL: 'C', PYTHONCOERCECLOCALE: '0', PYTHONUTF8: '0', PORT_RESERVATION_HOME: home };
    const tasks = [
      { document: { name: 'Straße', reservations: [{ ...web, startPort: 22_611, reason: 'für 🚢' }] } },
      { src, remote_src: true },
      { src: `${src}ü`, remote_src: true },
    ].map((args) => ({
      'portreservation.ports.desired_state': { provider: 'ledger', executable, ...args },
      environment: locale,
      vars: { ansible_python_interpreter: python },
    }));
    const outcomes = (await ansible.play(tasks)).localhost!;
    expect(outcomes.map(({ failed, msg }) => [failed, msg])).toEqual([
      [false, undefined],
      [false, undefined],
      [true, `There is no document ${src}ü on the managed host.`],
    ]);
    expect(listed(home)).toMatchObject([{ name: 'Größe' }, { reason: 'für 🚢' }]);
  });

  test('a program that dies, an old Node and endless output are told apart', async () => {
    const document = { name: 'shop', reservations: [web] };
    const shell = (script: string) => ({ document, executable: ['/bin/sh', '-c', script] });
    const old = 'PortReservation needs Node 20.19 or newer, and this is Node 18.20.8: nothing was done.';
    const outcomes = await applyEach(newHome(), [
      { args: shell('kill -9 $$') },
      { args: shell('exit 137') },
      { args: shell(`echo 'portreservation: ${old}' >&2; exit 69`) },
      { args: shell('seq 100000; exit 3') },
    ]);
    expect(outcomes.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(
        /^\S+sh was killed by signal 9 \(SIGKILL\) before it said what it did\. A run in check mode /,
      ),
      expect.stringMatching(/^\S+sh was killed by signal 9 /),
      `${old} Put a newer node first on PATH, or name one in the option executable.`,
      expect.stringMatching(/It said: \(99980 lines more\)\n99981\n[\d\n]*100000$/),
    ]);
    expect(outcomes.map(({ rc }) => rc)).toEqual([-9, 137, 69, 3]);
  });

  test('a program of another version is told of where it does not understand, and one reason is told once', async () => {
    const home = newHome();
    const usage = JSON.stringify({ error: { code: -32602, name: 'Usage', message: 'unknown option --new' } });
    const old = `if [ "$1" = --version ]; then echo 0.0.9; else echo '${usage}' >&2; exit 64; fi`;
    const document = { name: 'shop', reservations: [web, dns] };
    const readOnly = JSON.stringify({
      document: 'shop',
      changed: false,
      changes: [1, 2].map((startPort) => ({
        action: 'create',
        kind: 'reservation',
        protocol: 'tcp',
        range: { startPort, numberOfPorts: 1 },
        error: { name: 'AccessDenied', message: 'Cannot write to /etc/sysctl.d: EROFS.', hint: 'Make it writable.' },
      })),
    });
    const [other, one] = await applyEach(home, [
      { args: { document, executable: ['/bin/sh', '-c', old, 'old'] } },
      { args: { document, executable: ['/bin/sh', '-c', `echo '${readOnly}'; exit 1`] } },
    ]);
    expect(other!.msg).toMatch(
      /^unknown option --new\. The program on the managed host is version 0\.0\.9, and this collection/,
    );
    expect(one!.msg).toBe(
      "Nothing of the document 'shop' was done, for one reason: Cannot write to /etc/sysctl.d: EROFS. Make it writable.",
    );
    expect([one!.failed, one!.changes]).toEqual([true, undefined]);
  });

  test.skipIf(oldVersions.length === 0)(oldNodesTitle('a Node that is too old changes nothing'), async () => {
    const home = newHome();
    const node = oldNode(oldVersions[0]!);
    const document = { name: 'shop', reservations: [web] };
    const [outcome] = await applyEach(home, [{ args: { document, executable: [node, executable[1]] } }]);
    expect(outcome).toMatchObject({ failed: true, changed: false, rc: 69 });
    expect(outcome!.msg).toMatch(
      /^PortReservation needs Node 20\.19 or newer, and this is Node 16\.20\.2: nothing was done\./,
    );
    expect(listed(home)).toEqual([]);
  });

  const usual = 'a PATH without /usr/local/bin still finds the program there, and the Node beside it';
  test.skipIf(noNamespaces)(namespaceTitle(usual), async () => {
    const namespace = await openNamespace();
    const [node, program] = executable;
    namespace.sh(`mount -t tmpfs tmpfs /usr/local/bin
      ln -s '${node}' /usr/local/bin/node
      ln -s '${program}' /usr/local/bin/portreservation`);
    const args = { document: { name: 'shop', reservations: [web] }, provider: 'ledger', home: newHome() };
    const task = { 'portreservation.ports.desired_state': args, environment: { PATH: '/nonexistent' } };
    const [outcome] = (await ansible.play([task], namespace)).localhost!;
    expect([outcome!.msg, outcome!.changed]).toEqual([undefined, true]);
  });
});
