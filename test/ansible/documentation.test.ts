import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Ansible, missing } from './support.ts';

interface Option {
  type?: string;
  elements?: string;
  required?: boolean;
  default?: unknown;
  choices?: string[];
  suboptions?: Options;
  options?: Options;
}
type Options = Record<string, Option>;

const root = join(import.meta.dirname, '../..');
const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const module = 'portreservation.ports.desired_state';

/** What the module's arguments are, without the words. */
const kinds = (options: Options): object =>
  Object.fromEntries(
    Object.entries(options).map(([name, option]) => {
      const { type, elements, required = false, choices, suboptions, options: inner = suboptions } = option;
      return [
        name,
        { type, elements, required, default: option.default ?? null, choices, options: inner && kinds(inner) },
      ];
    }),
  );

describe.skipIf(missing)(`the collection's documentation${missing}`, () => {
  let ansible: Ansible;
  beforeAll(async () => {
    ansible = await Ansible.install();
  });
  afterAll(() => ansible?.remove());

  const documented = async (): Promise<Options> =>
    JSON.parse(await ansible.run('ansible-doc', '-t', 'module', '-j', module))[module].doc.options;

  test('has all that the module takes, as the module takes it', async () => {
    const version = await ansible.run('ansible-playbook', '--version');
    const python = /python version = .*\((\/.*)\)/.exec(version)![1]!;
    const script = `import json, sys; sys.path.insert(0, sys.argv[1])
from ansible_collections.portreservation.ports.plugins.modules.desired_state import argument_spec
print(json.dumps(argument_spec()))`;
    const collections = join(ansible.folder, 'collections');
    const spec = JSON.parse(execFileSync(python, ['-c', script, collections], { encoding: 'utf8' }));
    expect(kinds(await documented())).toEqual(kinds(spec));
    const text = await ansible.run('ansible-doc', '-t', 'module', module);
    for (const heading of ['OPTIONS', 'ATTRIBUTES', 'EXAMPLES', 'RETURN VALUES']) expect(text).toContain(heading);
  });

  test('has all that a document may have', async () => {
    const keys = ({ properties, required }: { properties: object; required: string[] }) => ({
      // The action drops it: no option may be called so.
      known: Object.keys(properties)
        .filter((name) => name !== '$schema')
        .sort(),
      required: [...required].sort(),
    });
    const { document } = await documented();
    const optionKeys = (options: Options) => ({
      known: Object.keys(options).sort(),
      required: Object.keys(options)
        .filter((name) => options[name]!.required)
        .sort(),
    });
    const { reservations, exclusions } = document!.suboptions!;
    expect(optionKeys(document!.suboptions!)).toEqual(keys(read('schemas/desired-state.schema.json')));
    const { DesiredReservation, DesiredExclusion } = read(
      'dist/PortReservation/schemas/desired-state.schema.json',
    ).definitions;
    expect(optionKeys(reservations!.suboptions!)).toEqual(keys(DesiredReservation));
    expect(optionKeys(exclusions!.suboptions!)).toEqual(keys(DesiredExclusion));
  });

  test('says of the role what its variables are, and the version of the package', async () => {
    const name = 'portreservation.ports.port_reservations';
    const [role] = Object.values(JSON.parse(await ansible.run('ansible-doc', '-t', 'role', '-j', name))) as {
      entry_points: { main: { options: Options } };
    }[];
    const defaults = readFileSync(join(root, 'ansible/roles/port_reservations/defaults/main.yml'), 'utf8');
    const { options } = role!.entry_points.main;
    const withDefault = Object.keys(options).filter((name) => options[name]!.default !== undefined);
    expect([...defaults.matchAll(/^(\w+):/gm)].map(([, name]) => name).sort()).toEqual(withDefault.sort());
    const manifest = join(ansible.folder, 'collections/ansible_collections/portreservation/ports/MANIFEST.json');
    const { collection_info: info } = JSON.parse(readFileSync(manifest, 'utf8'));
    expect(info.version).toBe(read('package.json').version);
    // What the modules compare the program with.
    const program = readFileSync(join(root, 'ansible/plugins/module_utils/program.py'), 'utf8');
    expect(program).toContain(`\nVERSION = '${info.version}'\n`);
  });
});
