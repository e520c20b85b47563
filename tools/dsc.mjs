// The manifests by which the DSC engine finds the resources, runs them and knows their instances.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const resources = [
  {
    name: 'Reservation',
    description: 'Reserves a block of TCP or UDP ports persistently.',
    instance: 'DscReservation',
    filter: 'DscFilter',
    canBeDeleted: true,
  },
  {
    name: 'Exclusion',
    description: 'Keeps a range of TCP or UDP ports out of automatic choice.',
    instance: 'DscExclusion',
    filter: 'DscFilter',
    canBeDeleted: true,
  },
  {
    name: 'ReservationList',
    description: 'Reserves many blocks of TCP and UDP ports persistently, by one process.',
    instance: 'DscReservationList',
    filter: 'DscListFilter',
    canBeDeleted: false,
  },
];

/** Properties that the engine knows by a reference of its own. What is referred to goes along, so that nothing is fetched. */
const engineProperty = {
  DscExist: 'https://aka.ms/dsc/schemas/v3/resource/properties/exist.json',
  DscInDesiredState: 'https://aka.ms/dsc/schemas/v3/resource/properties/inDesiredState.json',
  DscPurge: 'https://aka.ms/dsc/schemas/v3/resource/properties/purge.json',
};

/** A schema that is whole in itself, in the dialect that the engine asks for. */
function embeddedSchema(title, definitions) {
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

/** What an operation ends with that failed for one reason of the catalogue; the numbers below are Node's and the system's own. */
export const exitCodeOf = ({ code }) => 100 + code;

/** The exit codes in words: `dsc mcp` and the last line of each failure have nothing else. */
const exitCodesOf = (errors) => ({
  0: 'Done',
  1: 'Several changes failed for different reasons, or Node did not run the program: see the errors before this',
  64: 'The input or the arguments are wrong: see the errors before this',
  69: 'The node on PATH is too old, nothing was done: see the error before this',
  70: 'A fault of PortReservation itself',
  ...Object.fromEntries(
    Object.entries(errors).map(([name, error]) => [exitCodeOf(error), `${name}: ${error.message}`]),
  ),
});

const withWhatIf = { whatIfArg: '--what-if' };

/**
 * Two forms, of one source. DSC 3.2 warns of a what-if that stands apart; DSC 3.1 does not load a manifest that has it among the
 * arguments, and says nothing: so its manifests are in a folder where no later release finds them by itself.
 */
const forms = {
  newest: {
    program: './worker/dsc.cjs',
    operations: ({ filterSchema, canBeDeleted }) => ({
      get: { args: ['get'] },
      set: {
        args: ['set'],
        options: [withWhatIf],
        implementsPretest: true,
        return: 'stateAndDiff',
        whatIfReturns: 'stateAndDiff',
      },
      test: { args: ['test'], return: 'stateAndDiff' },
      ...(canBeDeleted && { delete: { args: ['delete'], options: [withWhatIf] } }),
      export: { args: ['export'], schema: { embedded: filterSchema } },
    }),
  },
  before32: {
    program: '../PortReservation/worker/dsc.cjs',
    operations: ({ canBeDeleted }) => ({
      get: { args: ['get'] },
      set: { args: ['set'], implementsPretest: true, return: 'stateAndDiff' },
      whatIf: { args: ['set'], options: ['--what-if'], implementsPretest: true, return: 'stateAndDiff' },
      test: { args: ['test'], return: 'stateAndDiff' },
      ...(canBeDeleted && { delete: { args: ['delete'] } }),
      export: { args: ['export'] },
    }),
  },
};

function manifest({ name, description, instance, filter, canBeDeleted }, { program, operations }, contract) {
  const { schema, document, errors } = contract;
  const handlesExist = '_exist' in schema.definitions[instance].properties;
  const operation = ({ args: [verb], options = [], ...rest }) => ({
    executable: 'node',
    args: [program, verb, name, ...options],
    input: 'stdin',
    ...rest,
    ...(verb === 'set' && handlesExist && { handlesExist }),
  });
  const filterSchema = embeddedSchema(filter, schema.definitions);
  const given = Object.entries(operations({ filterSchema, canBeDeleted }));
  return {
    $schema: 'https://aka.ms/dsc/schemas/v3/bundled/resource/manifest.json',
    type: `PortReservation/${name}`,
    version: document.info.version,
    description,
    tags: ['port', 'tcp', 'udp', 'network', 'linux', 'windows', 'macos'],
    ...Object.fromEntries(given.map(([key, value]) => [key, operation(value)])),
    exitCodes: exitCodesOf(errors),
    schema: { embedded: embeddedSchema(instance, schema.definitions) },
  };
}

function writeForm(form, contract, folder) {
  mkdirSync(folder, { recursive: true });
  for (const resource of resources) {
    const file = join(folder, `${resource.name.toLowerCase()}.dsc.resource.json`);
    writeFileSync(file, `${JSON.stringify(manifest(resource, form, contract), null, 2)}\n`);
  }
}

/**
 * Writes a manifest for each resource: the engine looks for them in these folders, and starts the program from there.
 * @param moduleFolder for DSC 3.2 and newer
 * @param olderFolder beside it, for DSC 3.0 and 3.1
 */
export function writeManifests(contract, moduleFolder, olderFolder) {
  writeForm(forms.newest, contract, moduleFolder);
  writeForm(forms.before32, contract, olderFolder);
}
