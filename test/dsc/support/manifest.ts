import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import rules from '../fixtures/manifest.schema.json' with { type: 'json' };

/** The releases of the engine that differ in what they load. */
export type Release = '3.1' | '3.2' | '3.3';

/** A word of a command line, or one that is there only for a what-if. */
type Argument = string | { whatIfArg: string };

/** A command on a manifest's operation. */
export interface OperationCommand {
  executable: string;
  args: Argument[];
  input?: 'stdin';
  implementsPretest?: boolean;
  handlesExist?: boolean;
  return?: 'state' | 'stateAndDiff';
  whatIfReturns?: 'state' | 'stateAndDiff';
  /** Of export: what a filter is checked by. */
  schema?: { embedded: Record<string, unknown> };
}

export type Operation = 'get' | 'set' | 'whatIf' | 'test' | 'delete' | 'deleteWhatIf' | 'export';

export type Manifest = Partial<Record<Exclude<Operation, 'deleteWhatIf'>, OperationCommand>> & {
  type: string;
  version: string;
  get: OperationCommand;
  exitCodes: Record<string, string>;
  schema: { embedded: Record<string, unknown> };
};

/** A manifest and the folder that its commands run in. */
export interface FoundResource {
  manifest: Manifest;
  directory: string;
}

const ajv = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false });
const isManifest = ajv.compile<Manifest>(rules);
const isNewerManifest = ajv.compile<Manifest>(newerRules());

/** What 3.2 and 3.3 load was seen: the same, with a what-if among the arguments, and what they ignore or know beside it. */
function newerRules(): object {
  const newer = structuredClone(rules);
  const whatIfArg = {
    type: 'object',
    required: ['whatIfArg'],
    properties: { whatIfArg: { type: 'string' } },
    additionalProperties: false,
  };
  Object.assign(newer.$defs.command.properties.args.items, {
    oneOf: [...newer.$defs.command.properties.args.items.oneOf, whatIfArg],
  });
  Object.assign(newer.$defs.setting.properties, { whatIfReturns: { $ref: '#/$defs/return' } });
  return newer;
}

/** What keeps the engine from loading the manifest. */
export function manifestFaults(value: unknown, release: Release): string[] {
  const isLoaded = release === '3.1' ? isManifest : isNewerManifest;
  if (isLoaded(value)) return [];
  return (isLoaded.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function load(file: string, release: Release): FoundResource {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const faults = manifestFaults(manifest, release);
  if (faults.length > 0) throw new Error(`${file} does not load: ${faults.join('; ')}`);
  return { manifest: manifest as Manifest, directory: dirname(file) };
}

const isManifestFile = (name: string) => /\.dsc\.resource\.json$/i.test(name);

/** The resources in folders as DSC_RESOURCE_PATH names them: what lies below is not seen. */
export function discoverIn(folders: readonly string[], release: Release = '3.3'): Map<string, FoundResource> {
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return byType(files.filter(isManifestFile), release);
}

/** The resources anywhere in the folders of PSModulePath, as the engine's own extension finds them. */
export function discoverInModules(folders: readonly string[]): Map<string, FoundResource> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return byType(files.filter(isManifestFile), '3.3');
}

function byType(files: readonly string[], release: Release): Map<string, FoundResource> {
  return new Map(files.map((file) => load(file, release)).map((resource) => [resource.manifest.type, resource]));
}
