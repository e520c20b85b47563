// What follows from schemas/mcp.json: the MCP tools as clients are shown them, their types, and the validators of what they take.
import { readFileSync } from 'node:fs';
import Ajv from 'ajv';
import { compile } from 'json-schema-to-typescript';
import { compiledValidators } from './validators.mjs';

const source = new URL('../schemas/mcp.json', import.meta.url);

const pascal = (name) => name.replace(/(?:^|_)([a-z])/g, (_, letter) => letter.toUpperCase());

/** With every reference replaced by what it means: `#part` of this file, `Title` or `Title#property` of the contract. */
function resolve(value, parts, definitions) {
  if (Array.isArray(value)) return value.map((item) => resolve(item, parts, definitions));
  if (value === null || typeof value !== 'object') return value;
  const { $ref, ...rest } = value;
  const own = Object.fromEntries(Object.entries(rest).map(([key, item]) => [key, resolve(item, parts, definitions)]));
  if ($ref === undefined) return own;
  const [title, name] = $ref.replace(/^#\/definitions\//, '').split('#');
  const target = title === '' ? parts[name] : name ? definitions[title]?.properties[name] : definitions[title];
  if (!target) throw new Error(`schemas/mcp.json refers to ${$ref}, which is not there.`);
  return { ...resolve(target, parts, definitions), ...own };
}

/** Keywords that some clients, or the models behind them, do not take. */
const isPlain = (key, value) =>
  !key.startsWith('x-') &&
  key !== 'title' &&
  key !== 'format' &&
  (key !== 'pattern' || /^[\w^$[\]{}(),.*+?|-]*$/.test(value));

function plainMap(properties) {
  return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, plain(schema)]));
}

/** The schema as clients are shown it. A property may have any name, also that of a keyword. */
function plain(schema) {
  if (typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key, value]) => isPlain(key, value));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      if (key === 'properties') return [key, plainMap(value)];
      return [key, key === 'items' || key === 'additionalProperties' ? plain(value) : value];
    }),
  );
}

/** The descriptions of results are for people who write programs; clients show models the input alone. */
const withoutDescriptions = (schema) =>
  JSON.parse(JSON.stringify(schema), (key, value) =>
    key === 'description' && typeof value === 'string' ? undefined : value,
  );

function readMcp({ schema: { definitions } }) {
  const { instructions, parts, tools, resources } = JSON.parse(readFileSync(source, 'utf8'));
  const object = (schema) => ({ type: 'object', ...resolve(schema, parts, definitions), additionalProperties: false });
  const whole = tools.map(({ params, result, ...tool }) => ({
    ...tool,
    params: object(params),
    result: object(result),
  }));
  return { instructions, resources, tools: whole };
}

const shown = ({ name, title, description, params, result, annotations }) => ({
  name,
  title,
  description,
  inputSchema: plain(params),
  outputSchema: plain(result),
  annotations: { ...annotations, openWorldHint: false },
});

async function typesText(tools) {
  const all = {};
  for (const { name, params, result } of tools) {
    all[`${pascal(name)}Params`] = params;
    all[`${pascal(name)}Result`] = result;
  }
  const texts = [];
  for (const [title, schema] of Object.entries(all)) {
    const untitled = JSON.parse(JSON.stringify(schema), (key, value) => (key === 'title' ? undefined : value));
    const options = { bannerComment: '', additionalProperties: false, ignoreMinAndMaxItems: true, format: false };
    texts.push(await compile({ ...withoutDescriptions(untitled), title }, title, options));
  }
  return texts.join('\n');
}

async function validatorsText(tools) {
  const schemas = tools.map(({ name, params }) => ({ $id: name, ...params }));
  const ajv = new Ajv({ schemas, allErrors: true, verbose: true, code: { source: true, esm: true } });
  ajv.addVocabulary(['x-allowed']);
  const exports = Object.fromEntries(tools.map(({ name }) => [name, name]));
  const all = tools.map(({ name }) => name).join(', ');
  return compiledValidators(ajv, exports, 'src/mcp/generated/validators.js', `export const toolParams = { ${all} };`);
}

/** Writes what the MCP face is made from; returns what its validators were bundled from, for the licences. */
export async function generateMcp(contract, write, banner) {
  const { instructions, tools, resources } = readMcp(contract);
  const constant = (name, value) => `export const ${name} = ${JSON.stringify(value, null, 2)} as const;\n`;
  const rows = tools.map(({ name }) => `  ${name}: { params: ${pascal(name)}Params; result: ${pascal(name)}Result };`);
  const types = `/** Every tool with the type of what it takes and of what it gives. */
export interface Tools {
${rows.join('\n')}
}
`;
  write(
    'src/mcp/generated/contract.ts',
    [
      banner,
      await typesText(tools),
      types,
      '/** What a client is told of the server. */',
      constant('instructions', instructions),
      '/** The tools, as clients are shown them. */',
      constant('tools', tools.map(shown)),
      '/** The resources, as clients are shown them. */',
      constant('resources', resources),
    ].join('\n'),
  );
  const { code, metafile } = await validatorsText(tools);
  write('src/mcp/generated/validators.js', `${banner}${code}`);
  write(
    'src/mcp/generated/validators.d.ts',
    `${banner}import type { Validator } from '../../protocol/generated/validators/validator.ts';
import type { Tools } from './contract.ts';

/** The validator of what each tool takes. */
export const toolParams: { [N in keyof Tools]: Validator<Tools[N]['params']> };
`,
  );
  return metafile;
}
