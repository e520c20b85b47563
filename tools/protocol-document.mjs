// docs/protocol.md: everything an author of a client needs, made from the contract.

const escapeCell = (text = '') => text.replaceAll('|', '\\|').replaceAll('`', '\\`');

function typeOf(schema, objects) {
  if (schema.$ref) {
    const title = schema.$ref.split('/').pop();
    return `[${title}](#${title.toLowerCase()})`;
  }
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' \\| ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'array') return `array of ${typeOf(schema.items, objects)}`;
  const type = [schema.type].flat().join(' or ');
  const { minimum, maximum } = schema;
  if (minimum !== undefined && maximum !== undefined) return `${type} ${minimum} to ${maximum}`;
  return minimum === undefined ? type : `${type}, at least ${minimum}`;
}

function table(rows) {
  return ['| name | type | required | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

const row = (name, schema, required, description) =>
  `| \`${name}\` | ${typeOf(schema)} | ${required ? 'yes' : ''} | ${escapeCell(description ?? schema.description)} |`;

function objectText(schema) {
  if (schema.type !== 'object' || !schema.properties) return `Type: ${typeOf(schema)}.`;
  const required = schema.required ?? [];
  return table(
    Object.entries(schema.properties).map(([name, property]) => row(name, property, required.includes(name))),
  );
}

const resultText = (schema) => (schema.properties ? `Result:\n\n${objectText(schema)}` : `Result: ${typeOf(schema)}.`);

/** The text of a method, or of a notification, which has no result. */
function methodText(method, document) {
  const params = method.params.length
    ? table(method.params.map((param) => row(param.name, param.schema, param.required, param.description)))
    : 'No parameters.';
  const requires = method['x-requires']
    ? `\n\nGive ${method['x-requires'].map((keys) => keys.map((key) => `\`${key}\``).join(' and ')).join(', or ')}.`
    : '';
  const result = method.result && resultText(method.result.schema);
  const errors = (method.errors ?? []).map(({ $ref }) => {
    const name = $ref.split('/').pop();
    return `${name} (${document.components.errors[name].code})`;
  });
  const cmdlet = method['x-cmdlet'] ? ` PowerShell: \`${method['x-cmdlet']}\`.` : '';
  return [
    `### ${method.name}`,
    `${method.summary}${cmdlet}`,
    `${params}${requires}`,
    ...(result ? [result] : []),
    ...(errors.length ? [`Errors: ${errors.join(', ')}.`] : []),
  ].join('\n\n');
}

/** The text of docs/protocol.md. */
export function protocolDocument({ document, protocolVersion }) {
  const errors = Object.entries(document.components.errors).map(
    ([name, { code, message }]) => `| ${code} | ${name} | ${message} |`,
  );
  const objects = Object.entries(document.components.schemas).map(
    ([title, schema]) => `### ${title}\n\n${schema.description}\n\n${objectText(schema)}`,
  );
  return `<!-- Generated from schemas/ by tools/generate.mjs. Change the schemas, not this file. -->
# The worker's protocol

Protocol version ${protocolVersion}. JSON-RPC 2.0 over the worker's standard streams: \`worker.mjs --stdio\`.
stdout is the wire; stderr is the log, one JSON object a line.

## Frames

Each message is \`Content-Length: <bytes>\\r\\n\\r\\n\` and then that many bytes of UTF-8 JSON. The header is at most 8 KiB,
the body at most 1 MiB. A body that is no valid JSON is answered with -32700, one that is no JSON-RPC 2.0 request (a batch,
\`"jsonrpc"\` missing, an id that is already in flight) with -32600; both with \`id: null\` where the id is not known, and the
conversation goes on. A frame that is broken (bad, missing or too large length, a header line without a colon, the stream
ends inside it) is answered too, and then ends the worker with exit code 1, because nobody can say where the next one begins.

## Rules

- Params and results are objects; unknown keys are refused with -32602, whose \`data.errors\` names each field.
- \`initialize\` is optional; if it is sent, it is the first request.
- \`$/cancelRequest {id}\` cancels; the request is still answered, with -32800 if it was stopped in time.
- Unknown notifications are ignored, unknown requests are answered with -32601.
- The worker ends on end of input, on \`exit\`, and when the process named in \`initialize\` is gone. It frees all it holds;
  if it is killed, the kernel does. SIGINT ends it only while no client has given its \`processId\`: Ctrl+C at a terminal
  reaches the whole process group and is meant for the client. Exit code 0 after \`shutdown\` or end of input, 1 on \`exit\` without \`shutdown\`.

## A conversation

\`\`\`
--> {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":${protocolVersion},"clientInfo":{"name":"example"}}}
<-- {"jsonrpc":"2.0","id":1,"result":{"serverInfo":{"name":"portreservation","version":"${document.info.version}"},"protocolVersion":${protocolVersion},"platform":"linux","provider":"linux","capabilities":{"runtime":"socket","persistent":"ephemeralOnly","yield":{"tcp":"ephemeralOnly","udp":"ledger"},"handOver":"reusePort"}}}
--> {"jsonrpc":"2.0","id":2,"method":"reservation/create","params":{"protocol":"tcp","numberOfPorts":10,"name":"web"}}
<-- {"jsonrpc":"2.0","id":2,"result":{"protocol":"tcp","range":{"startPort":21040,"numberOfPorts":10},"token":"13835058055282163712","lifetime":"runtime","enforcement":"socket","provider":"linux","name":"web","owner":{"user":"ada","processId":4711,"processStartTime":"1234567@6b3f"},"createdAt":"2026-01-02T03:04:05.678Z"}}
--> {"jsonrpc":"2.0","id":3,"method":"reservation/release","params":{"token":"13835058055282163712"}}
<-- {"jsonrpc":"2.0","id":3,"result":{...the same reservation...}}
--> {"jsonrpc":"2.0","id":4,"method":"reservation/release","params":{"token":"13835058055282163712"}}
<-- {"jsonrpc":"2.0","id":4,"error":{"code":4,"message":"...","data":{"name":"NotFound"}}}
--> {"jsonrpc":"2.0","id":5,"method":"shutdown"}
<-- {"jsonrpc":"2.0","id":5,"result":null}
--> {"jsonrpc":"2.0","method":"exit"}
\`\`\`

## Methods

${document.methods.map((method) => methodText(method, document)).join('\n\n')}

## What the worker tells the client

Notifications: they have no answer. The client gets those it asked for, and no others.

${document['x-notifications'].map((notification) => methodText(notification, document)).join('\n\n')}

## What the worker asks of the client

Only of a client that offered it in \`initialize.capabilities\`, only while a request of that client is being served.

${document['x-clientMethods'].map((method) => methodText(method, document)).join('\n\n')}

## Errors

JSON-RPC's own codes stand for JSON-RPC's own faults. Ours are positive and carry
\`data: {name, hint?, target?, osCode?, osFunction?}\`; in PowerShell the name is the error's id.

| code | name | meaning |
|---|---|---|
${errors.join('\n')}

## Objects

${objects.join('\n\n')}
`;
}
