// What clients are given of the contract: the OpenRPC document, and all types as one JSON Schema.

/** Keywords that only the worker and the generators here read. */
const ownKeywords = ['x-allowed', 'x-readOnly', 'x-category'];

const without = (value, keys) =>
  JSON.parse(JSON.stringify(value), (key, item) => (keys.includes(key) ? undefined : item));

/** What a value refers to, and what that refers to. */
function reachable(value, schemas, found = new Set()) {
  for (const [, title] of JSON.stringify(value).matchAll(/"\$ref":"#\/[^"]*\/(\w+)"/g)) {
    if (found.has(title) || !schemas[title]) continue;
    found.add(title);
    reachable(schemas[title], schemas, found);
  }
  return found;
}

/** Results may get new keys within a protocol version, so that nobody may refuse those that he does not know. */
const opened = (schema) =>
  JSON.parse(JSON.stringify(schema), (key, item) =>
    key === 'additionalProperties' && item === false ? undefined : item,
  );

/** All that the worker sends. */
const sent = ({ methods, clientMethods, notifications }) => [
  ...methods.map(({ result }) => result),
  ...[...clientMethods, ...notifications].map(({ params }) => params),
];

/** `rpc.discover`'s answer, with nothing that the tools for OpenRPC refuse. */
export function publishedDocument(contract) {
  const { components, ...document } = without(contract.document, ownKeywords);
  const { schemas } = components;
  const open = reachable([sentIn(document), { $ref: '#/components/schemas/ErrorData' }], schemas);
  const used = new Set([
    ...reachable(document, schemas),
    ...open,
    ...reachable({ $ref: '#/components/schemas/DesiredState' }, schemas),
  ]);
  const result = ({ result: one, ...method }) => (one ? { ...method, result: opened(one) } : method);
  const params = (one) => ({ ...one, params: opened(one.params) });
  return {
    ...document,
    methods: document.methods.map(result),
    'x-clientMethods': document['x-clientMethods'].map(result).map(params),
    'x-notifications': document['x-notifications'].map(params),
    components: {
      schemas: Object.fromEntries(
        [...used].sort().map((title) => [title, open.has(title) ? opened(schemas[title]) : schemas[title]]),
      ),
      errors: components.errors,
    },
  };
}

const sentIn = (document) =>
  sent({
    methods: document.methods,
    clientMethods: document['x-clientMethods'],
    notifications: document['x-notifications'],
  });

/** The types of all params, results, notifications and errors, for generators of types and for validators. */
export function publishedSchema(contract) {
  const { methods, clientMethods, notifications } = contract;
  const definitions = without(contract.schema.definitions, ownKeywords);
  const titles = [
    ...methods.flatMap(({ paramsTitle, resultTitle }) => [paramsTitle, resultTitle]),
    ...clientMethods.flatMap(({ paramsTitle, resultTitle }) => [paramsTitle, resultTitle]),
    ...notifications.map(({ paramsTitle }) => paramsTitle),
    'ErrorData',
    'DesiredState',
  ];
  const sentTitles = [
    ...methods.map(({ resultTitle }) => resultTitle),
    ...[...clientMethods, ...notifications].map(({ paramsTitle }) => paramsTitle),
    'ErrorData',
  ];
  const refs = (names) => names.map((title) => ({ $ref: `#/definitions/${title}` }));
  const open = reachable(refs(sentTitles), definitions);
  const used = [...reachable(refs(titles), definitions)].sort();
  const $defs = Object.fromEntries(
    used.map((title) => {
      // Which of the keys must be there is told by the description: generators make a type of each choice.
      const { anyOf, ...schema } = open.has(title) ? opened(definitions[title]) : definitions[title];
      return [title, schema];
    }),
  );
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'PortReservationProtocol',
    description: `The types of PortReservation's protocol, version ${contract.protocolVersion}: the params and results of each method, notifications, and what errors carry.`,
    $defs,
  };
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"#/$defs/'));
}
