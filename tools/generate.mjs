// Writes what follows from schemas/: TypeScript types, validators, the PowerShell error categories, docs/protocol.md, and what
// the MCP face is made from.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import Ajv from 'ajv';
import standaloneCode from 'ajv/dist/standalone/index.js';
import addFormats from 'ajv-formats';
import { compile } from 'json-schema-to-typescript';
import { bundledText } from './bundle.mjs';
import { readContract } from './contract.mjs';
import { exitCodeOf } from './dsc.mjs';
import { generateMcp } from './mcp.mjs';
import { protocolDocument } from './protocol-document.mjs';
import { publishedDocument } from './published.mjs';

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

/**
 * ajv gathers all faults, however many, and copies them at each level; nobody reads more than the first. Where a value has
 * more than these it is wrong for certain: what does not fit one of several choices is dropped again before the next.
 */
const stopAtMany = `
const mostFaults = 100;
class ManyFaults { constructor(faults) { this.faults = faults; } }
function add(faults, fault) {
  if (faults.push(fault) > mostFaults) throw new ManyFaults(faults);
}
function join(faults, more) {
  if (faults === null) return more;
  for (const fault of more) add(faults, fault);
  return faults;
}
function bounded(validate) {
  const check = (value) => {
    check.errors = null;
    try {
      const isValid = validate(value);
      check.errors = validate.errors;
      return isValid;
    } catch (error) {
      if (!(error instanceof ManyFaults)) throw error;
      check.errors = error.faults;
      return false;
    }
  };
  return check;
}
`;

function boundedCode(code) {
  const replaced = (text, pattern, by) => {
    if (!pattern.test(text)) throw new Error(`ajv writes no ${pattern} any more`);
    return text.replace(pattern, by);
  };
  const adding = replaced(code, /vErrors\.push\((err\d+)\)/g, 'add(vErrors, $1)');
  const joining = replaced(
    adding,
    /vErrors === null \? (validate\d+)\.errors : vErrors\.concat\(\1\.errors\)/g,
    'join(vErrors, $1.errors)',
  );
  const exporting = replaced(joining, /export const (\w+) = (validate\d+);/g, 'export const $1 = bounded($2);');
  return stopAtMany + exporting;
}

/** Validators compiled ahead of time, bundled so that they need nothing at run time. */
async function validatorsText(contract) {
  const ajv = new Ajv({
    schemas: [contract.schema],
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    inlineRefs: false,
    code: { source: true, esm: true },
  });
  addFormats(ajv);
  ajv.addVocabulary(['x-requires', 'x-allowed', 'x-readOnly']);
  const exports = Object.fromEntries(
    Object.keys(contract.schema.definitions).map((title) => [title, `contract#/definitions/${title}`]),
  );
  const byMethod = contract.methods.map(({ name, paramsTitle }) => `'${name}': ${paramsTitle}`).join(', ');
  const contents = `${boundedCode(standaloneCode(ajv, exports))}\nexport const methodParams = { ${byMethod} };`;
  const bundled = await bundledText(contents);
  const declaration = Object.keys(exports)
    .map((title) => `export const ${title}: Validator<contract.${title}>;`)
    .join('\n');
  const code = `${banner}${bundled.code}`;
  const types = `${banner}import type * as contract from './contract.ts';

export interface FieldFault {
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
${declaration}

/** The validator of each method's params. */
export const methodParams: { [M in keyof contract.Methods]: Validator<contract.Methods[M]['params']> };
`;
  return { code, types, metafile: bundled.metafile };
}

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
  const { code, types, metafile } = await validatorsText(contract);
  write('src/protocol/generated/validators.js', code);
  write('src/protocol/generated/validators.d.ts', types);
  write('build/generated/Contract.ps1', errorCategoriesText(contract));
  const conversation = readFileSync(new URL('docs/conversation.txt', root), 'utf8');
  write('docs/protocol.md', protocolDocument({ ...contract, conversation }));
  return { contract, metafiles: [metafile, await generateMcp(contract, write, banner)] };
}
