// Reads the contract in schemas/ and gives it to the generators in the three forms they need.
import { readdirSync, readFileSync } from 'node:fs';

const folder = new URL('../schemas/', import.meta.url);
const read = (file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'));

const pascal = (method) =>
  method
    .split(/[/.]/)
    .filter((word) => word !== '$')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join('');

/** The instances of the DSC resources: types and validators as all others, but no part of the protocol. */
const isForDsc = (file) => file.startsWith('dsc-');

/** The properties of another schema, all or all but some: so that each field stands in one file. */
function includedProperties(include) {
  const { from, but } = typeof include === 'string' ? { from: include } : include;
  const { properties } = withIncluded(read(from));
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !but?.includes(name)));
}

/** The schema with the properties of those that its `x-include` names, before its own. */
function withIncluded({ 'x-include': includes = [], ...schema }) {
  if (includes.length === 0) return schema;
  const included = Object.assign({}, ...includes.map(includedProperties));
  return { ...schema, properties: { ...included, ...schema.properties } };
}

/** The same for the params of a method: `x-includeParams`. */
function withIncludedParams({ 'x-includeParams': includes = [], ...method }) {
  const included = includes.flatMap((include) =>
    Object.entries(includedProperties(include)).map(([name, schema]) => ({ name, schema })),
  );
  return { ...method, params: [...method.params, ...included] };
}

/** The OpenRPC document, whole. */
function readOpenrpc() {
  const openrpc = read('openrpc.json');
  return { ...openrpc, methods: openrpc.methods.map(withIncludedParams) };
}

/** The object schemas by title, those of DSC apart, and the title of each file. */
function readObjects() {
  const objects = {};
  const dscObjects = {};
  const titleOf = {};
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.schema.json'))
    .sort()) {
    const { $schema, $id, ...schema } = withIncluded(read(file));
    (isForDsc(file) ? dscObjects : objects)[schema.title] = schema;
    titleOf[$id] = schema.title;
  }
  return { objects, dscObjects, titleOf };
}

/** The same value with every reference to a schema file turned into one inside the document. */
function relink(value, titleOf, prefix) {
  if (Array.isArray(value)) return value.map((item) => relink(item, titleOf, prefix));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) =>
      key === '$ref' && titleOf[item] ? [key, prefix + titleOf[item]] : [key, relink(item, titleOf, prefix)],
    ),
  );
}

/** The keys of which some must be there, in words. */
const alternatives = (method) => method['x-requires'].map((keys) => keys.join(' and ')).join(', or ');

/** The schema of a method's params object, made from its by-name parameter list. */
function paramsSchema(method) {
  const properties = {};
  for (const { name, description, schema } of method.params) {
    properties[name] = description && !schema.$ref ? { description, ...schema } : schema;
  }
  return {
    title: `${pascal(method.name)}Params`,
    description: `Parameters of ${method.name}.${method['x-requires'] ? ` Needs ${alternatives(method)}.` : ''}`,
    type: 'object',
    properties,
    required: method.params.filter((param) => param.required).map((param) => param.name),
    additionalProperties: false,
    ...(method['x-requires'] && { anyOf: method['x-requires'].map((required) => ({ required })) }),
  };
}

/** Everything the generators need: the OpenRPC document and one schema with all types as definitions. */
export function readContract(version) {
  const { objects, dscObjects, titleOf } = readObjects();
  const openrpc = readOpenrpc();
  openrpc.info.version = version;
  const named = (method) => ({
    ...method,
    paramsTitle: `${pascal(method.name)}Params`,
    resultTitle: titleOf[method.result?.schema.$ref] ?? method.result?.schema.title,
  });
  const definitions = { ...objects, ...dscObjects };
  for (const method of [...openrpc.methods, ...openrpc['x-clientMethods'], ...openrpc['x-notifications']]) {
    const params = paramsSchema(method);
    definitions[params.title] = params;
    if (method.result && !method.result.schema.$ref) definitions[method.result.schema.title] = method.result.schema;
    for (const { schema } of method.params) if (schema.title) definitions[schema.title] = schema;
  }
  return {
    methods: openrpc.methods.map(named),
    clientMethods: openrpc['x-clientMethods'].map(named),
    notifications: openrpc['x-notifications'].map(named),
    errors: openrpc.components.errors,
    protocolVersion: openrpc.info['x-protocolVersion'],
    labelFields: Object.keys(objects.Label.properties),
    document: {
      ...relink(openrpc, titleOf, '#/components/schemas/'),
      components: { schemas: relink(objects, titleOf, '#/components/schemas/'), errors: openrpc.components.errors },
    },
    schema: { $id: 'contract', definitions: relink(definitions, titleOf, '#/definitions/') },
  };
}

/** One object's schema that stands alone, for editors: what it refers to is inside, and our own keywords are not. */
export function standaloneSchema(title) {
  const { objects, titleOf } = readObjects();
  const definitions = {};
  const include = (value) => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/definitions\/(\w+)"/g)) {
      if (definitions[name]) continue;
      definitions[name] = relink(objects[name], titleOf, '#/definitions/');
      include(definitions[name]);
    }
  };
  const schema = relink(objects[title], titleOf, '#/definitions/');
  include(schema);
  const all = { $schema: 'http://json-schema.org/draft-07/schema#', ...schema, definitions };
  return JSON.parse(JSON.stringify(all), (key, value) => (key === 'x-allowed' ? undefined : value));
}
