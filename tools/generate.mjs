// Writes what follows from schemas/: TypeScript types, validators, the PowerShell error categories, docs/protocol.md, and what
// the MCP face is made from.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { compile } from 'json-schema-to-typescript';
import { readContract } from './contract.mjs';
import { exitCodeOf } from './dsc.mjs';
import { generateMcp } from './mcp.mjs';
import { protocolDocument } from './protocol-document.mjs';
import { publishedDocument } from './published.mjs';
import { compiledValidators } from './validators.mjs';

const root = new URL('../', import.meta.url);
const banner = '// Generated from schemas/ by tools/generate.mjs. Change the schemas, not this file.\n';

function write(path, text) {
  const file = new URL(path, root);
  mkdirSync(new URL('.', file), { recursive: true });
  let before;
  try {
    before = readFileSync(file, 'utf8');
  } catch {}
  if (before !== text) writeFileSync(file, text);
}

/** "One of these keys" is checked by the validators; as a type it would only hide the keys. */
function withoutAlternatives(schema) {
  return JSON.parse(JSON.stringify(schema), (key, value) => (key === 'anyOf' ? undefined : value));
}

async function typesText(contract) {
  const compiled = await compile(withoutAlternatives(contract.schema), 'Contract', {
    bannerComment: '',
    unreachableDefinitions: true,
    additionalProperties: false,
    ignoreMinAndMaxItems: true,
    format: false,
  });
  const types = compiled
    .replace(/\/\*\*\n \* This interface was referenced by[\s\S]*?\*\/\n/g, '')
    .replace(/ \* ?\n \* This interface was referenced by[\s\S]*?(?= \*\/)/g, '')
    .replace(/export interface Contract \{[\s\S]*?\n\}\n/, '');
  const rows = (methods) =>
    methods
      .map(
        ({ name, summary, paramsTitle, resultTitle }) =>
          `  /** ${summary} */\n  '${name}': { params: ${paramsTitle}; result: ${resultTitle} };`,
      )
      .join('\n');
  const notifications = contract.notifications
    .map(({ name, summary, paramsTitle }) => `  /** ${summary} */\n  '${name}': ${paramsTitle};`)
    .join('\n');
  const names = contract.methods.map(({ name }) => `'${name}'`).join(', ');
  const changing = contract.methods
    .filter(({ params }) => params.some(({ name }) => name === 'whatIf'))
    .map(({ name }) => `'${name}'`);
  const enums = Object.entries(contract.schema.definitions)
    .filter(([, schema]) => schema.enum)
    .map(([title, schema]) => `  ${title}: [${schema.enum.map((word) => `'${word}'`).join(', ')}],`);
  const errors = Object.entries(contract.errors).map(
    ([name, { code, message }]) => `  ${name}: { code: ${code}, message: ${JSON.stringify(message)} },`,
  );
  const exitCodes = Object.entries(contract.errors).map(([name, error]) => `  ${name}: ${exitCodeOf(error)},`);
  return `${banner}
${types}
/** Every method with the type of its params and of its result. */
export interface Methods {
${rows(contract.methods)}
}

/** What the worker may ask of a client that offers it in initialize. */
export interface ClientMethods {
${rows(contract.clientMethods)}
}

/** What the worker tells the client without being asked, and without an answer. */
export interface Notifications {
${notifications}
}

/** The names of all methods. */
export const methodNames = [${names}] as const satisfies (keyof Methods)[];

/** The names of those that change something. */
export const changingMethods = [${changing.join(', ')}] as const satisfies (keyof Methods)[];

/** The error catalogue: the number on the wire and the plain meaning of each name. */
export const errorCatalogue = {
${errors.join('\n')}
} as const;

/** What a DSC operation ends with that failed for this reason alone. */
export const dscExitCodes = {
${exitCodes.join('\n')}
} as const;

/** The words that each of these types has. */
export const wordsOf = {
${enums.join('\n')}
} as const;

/** The fields of a label. */
export const labelFields = [${contract.labelFields.map((name) => `'${name}'`).join(', ')}] as const satisfies (keyof Label)[];

/** The version both ends of the wire must agree on. */
export const protocolVersion = ${contract.protocolVersion};

/** The version of this package. */
export const packageVersion = '${contract.document.info.version}';
`;
}

/** The validators are apart by what asks for them, since every start pays for reading what it loads. */
const recordTitles = ['LedgerFile', 'RuntimeFile', 'RuntimeChange'];
const isOfDocuments = (title) => title === 'DesiredState' || title.startsWith('Dsc');

const validatorType = `export interface FieldFault {
  instancePath: string;
  keyword: string;
  params: Record<string, unknown>;
  message?: string;
  parentSchema?: { description?: string; title?: string; minimum?: number; maximum?: number };
}
export interface Validator<T> {
  (value: unknown): value is T;
  errors?: FieldFault[] | null;
}
`;

/** Writes the validators; returns what they were bundled from. */
async function writeValidators({ schema, methods }) {
  const ajv = new Ajv({
    schemas: [schema],
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  addFormats(ajv);
  ajv.addVocabulary(['x-requires', 'x-allowed', 'x-readOnly']);
  const writeFor = async (file, titles, more = { code: '', types: '' }) => {
    const exports = Object.fromEntries(titles.map((title) => [title, `contract#/definitions/${title}`]));
    const path = `src/protocol/generated/validators/${file}`;
    const { code, metafile } = await compiledValidators(ajv, exports, `${path}.js`, more.code);
    const types = titles.map((title) => `export const ${title}: Validator<contract.${title}>;`).join('\n');
    write(`${path}.js`, banner + code);
    write(`${path}.d.ts`, `${banner}${validatorImport}${types}\n${more.types}`);
    return metafile;
  };
  write('src/protocol/generated/validators/validator.ts', banner + validatorType);
  const byMethod = methods.map(({ name, paramsTitle }) => `'${name}': ${paramsTitle}`).join(', ');
  const paramTitles = [...new Set(methods.map(({ paramsTitle }) => paramsTitle))];
  const documentTitles = Object.keys(schema.definitions).filter(isOfDocuments);
  const asked = new Set([...recordTitles, ...documentTitles, ...paramTitles]);
  const rest = Object.keys(schema.definitions).filter((title) => !asked.has(title));
  return [
    await writeFor('records', recordTitles),
    await writeFor('documents', documentTitles),
    await writeFor('params', paramTitles, {
      code: `export const methodParams = { ${byMethod} };`,
      types: `
/** The validator of each method's params. */
export const methodParams: { [M in keyof contract.Methods]: Validator<contract.Methods[M]['params']> };
`,
    }),
    // What goes out is right by its type; tests hold it to the contract.
    await writeFor('answers', rest),
  ];
}

const validatorImport = `import type * as contract from '../contract.ts';
import type { Validator } from './validator.ts';

`;

function errorCategoriesText(contract) {
  const rows = Object.entries(contract.errors).map(([name, error]) => `    ${name} = '${error['x-category']}'`);
  return `# Generated from schemas/openrpc.json. The PowerShell error category of each name in the error catalogue.
$script:ErrorCategory = @{
${rows.join('\n')}
}
$script:ProtocolVersion = ${contract.protocolVersion}
# The fields of a label.
$script:LabelField = ${contract.labelFields.map((name) => `'${name}'`).join(', ')}
`;
}

/** Generates everything; returns the contract, and what all validators were bundled from, for the licences. */
/** Apart from the contract, since what an old Node reads may be no more than it knows. */
function oldestNodeText() {
  const { engines } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const [oldest] = engines.node.match(/\d+\.\d+/);
  return `// Generated from package.json by tools/generate.mjs.
/** The oldest Node that can run us. */
export const oldestNode = '${oldest}';
`;
}

export async function generate(version) {
  const contract = readContract(version);
  write('src/protocol/generated/node.ts', oldestNodeText());
  write('src/protocol/generated/contract.ts', await typesText(contract));
  write('src/protocol/generated/openrpc.json', `${JSON.stringify(publishedDocument(contract), null, 2)}\n`);
  const metafiles = await writeValidators(contract);
  write('build/generated/Contract.ps1', errorCategoriesText(contract));
  const conversation = readFileSync(new URL('docs/conversation.txt', root), 'utf8');
  write('docs/protocol.md', protocolDocument({ ...contract, conversation }));
  return { contract, metafiles: [...metafiles, await generateMcp(contract, write, banner)] };
}
