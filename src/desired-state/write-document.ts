import type { DesiredState } from '../protocol/generated/contract.ts';
import { forAllReaders, loadYaml } from './parse-yaml.ts';
import type { Exported } from './snippets.ts';

/** The document as JSON. */
export const toJson = (document: DesiredState): Exported => ({ text: `${JSON.stringify(document, null, 2)}\n` });

/** The document as YAML. */
export async function toYaml(document: DesiredState): Promise<Exported> {
  const { stringify } = await loadYaml();
  return { text: stringify(document, { ...forAllReaders, aliasDuplicateObjects: false, lineWidth: 0 }) };
}
