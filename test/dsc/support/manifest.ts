import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import rules from '../fixtures/manifest.schema.json' with { type: 'json' };

/** A command on a manifest's operation. */
export interface OperationCommand {
  executable: string;
  args: string[];
  input?: 'stdin';
  implementsPretest?: boolean;
  handlesExist?: boolean;
  return?: 'state' | 'stateAndDiff';
}

export type Operation = 'get' | 'set' | 'whatIf' | 'test' | 'delete' | 'export';

export type Manifest = Partial<Record<Operation, OperationCommand>> & {
  type: string;
  version: string;
  get: OperationCommand;
  schema: { embedded: Record<string, unknown> };
};

/** A manifest and the folder that its commands run in. */
export interface FoundResource {
  manifest: Manifest;
  directory: string;
}

const isManifest = new Ajv2020({ allErrors: true, strictTypes: false, strictRequired: false }).compile<Manifest>(rules);

/** What keeps the engine from loading the manifest. */
export function manifestFaults(value: unknown): string[] {
  if (isManifest(value)) return [];
  return (isManifest.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

function load(file: string): FoundResource {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const faults = manifestFaults(manifest);
  if (faults.length > 0) throw new Error(`${file} does not load: ${faults.join('; ')}`);
  return { manifest: manifest as Manifest, directory: dirname(file) };
}

const isManifestFile = (name: string) => /\.dsc\.resource\.json$/i.test(name);

/** The resources in folders as DSC_RESOURCE_PATH names them: what lies below is not seen. */
export function discoverIn(folders: readonly string[]): Map<string, FoundResource> {
  const files = folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
  return byType(files.filter(isManifestFile));
}

/** The resources anywhere in the folders of PSModulePath, as the engine's own extension finds them. */
export function discoverInModules(folders: readonly string[]): Map<string, FoundResource> {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)),
  );
  return byType(files.filter(isManifestFile));
}

function byType(files: readonly string[]): Map<string, FoundResource> {
  return new Map(files.map(load).map((resource) => [resource.manifest.type, resource]));
}
