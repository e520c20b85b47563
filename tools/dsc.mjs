// The manifests by which the DSC engine finds the resources, runs them and knows their instances.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const resources = [
  {
    name: 'Reservation',
    description: 'Reserves a block of TCP or UDP ports persistently.',
    instance: 'DscReservation',
    operations: ['get', 'set', 'whatIf', 'test', 'delete', 'export'],
  },
  {
    name: 'Exclusion',
    description: 'Keeps a range of TCP or UDP ports out of automatic choice.',
    instance: 'DscExclusion',
    operations: ['get', 'set', 'whatIf', 'test', 'delete', 'export'],
  },
  {
    name: 'ReservationList',
    description: 'Reserves many blocks of TCP and UDP ports persistently, by one process.',
    instance: 'DscReservationList',
    operations: ['get', 'set', 'whatIf', 'test'],
  },
];

/** Properties that the engine knows by a reference of its own. What is referred to goes along, so that nothing is fetched. */
const engineProperty = {
  DscExist: 'https://aka.ms/dsc/schemas/v3/resource/properties/exist.json',
  DscInDesiredState: 'https://aka.ms/dsc/schemas/v3/resource/properties/inDesiredState.json',
  DscPurge: 'https://aka.ms/dsc/schemas/v3/resource/properties/purge.json',
};

/** The schema of an instance, whole in itself, in the dialect that the engine asks for. */
function instanceSchema(title, definitions) {
  const $defs = {};

  function reference(target) {
    const id = engineProperty[target];
    const name = id ?? target;
    $defs[name] ??= { ...(id && { $id: id }), ...plain(definitions[target]) };
    return { $ref: id ?? `#/$defs/${target}` };
  }

  function plain(value) {
    if (Array.isArray(value)) return value.map(plain);
    if (value === null || typeof value !== 'object') return value;
    if (value.$ref) return reference(value.$ref.split('/').pop());
    const { 'x-readOnly': readOnly = [], 'x-allowed': _, ...rest } = value;
    const copy = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, plain(item)]));
    for (const name of readOnly) copy.properties[name].readOnly = true;
    return copy;
  }

  return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...plain(definitions[title]), $defs };
}

/** What every operation may add to its command line. What-if stands apart, because DSC before 3.2 knows no other form. */
const operations = {
  get: { args: ['get'] },
  set: { args: ['set'], implementsPretest: true, return: 'stateAndDiff' },
  whatIf: { args: ['set', '--what-if'], implementsPretest: true, return: 'stateAndDiff' },
  test: { args: ['test'], return: 'stateAndDiff' },
  delete: { args: ['delete'] },
  export: { args: ['export'] },
};

function manifest({ name, description, instance, operations: names }, { schema, document }) {
  const handlesExist = '_exist' in schema.definitions[instance].properties;
  const operation = ({ args: [verb, ...options], ...rest }) => ({
    executable: 'node',
    args: ['./worker/dsc.cjs', verb, name, ...options],
    input: 'stdin',
    ...rest,
    ...(verb === 'set' && handlesExist && { handlesExist }),
  });
  return {
    $schema: 'https://aka.ms/dsc/schemas/v3/bundled/resource/manifest.json',
    type: `PortReservation/${name}`,
    version: document.info.version,
    description,
    tags: ['port', 'tcp', 'udp', 'network', 'linux', 'windows', 'macos'],
    ...Object.fromEntries(names.map((key) => [key, operation(operations[key])])),
    schema: { embedded: instanceSchema(instance, schema.definitions) },
  };
}

/** Writes a manifest for each resource into the folder: the engine looks there, and starts the program from there. */
export function writeManifests(contract, folder) {
  for (const resource of resources) {
    const file = join(folder, `${resource.name.toLowerCase()}.dsc.resource.json`);
    writeFileSync(file, `${JSON.stringify(manifest(resource, contract), null, 2)}\n`);
  }
}
