// docs/protocol.md: everything an author of a client needs, made from the contract.

const escapeCell = (text = '') => text.replaceAll('|', '\\|').replaceAll('`', '\\`');

function typeOf(schema, objects) {
  if (schema.$ref) {
    const title = schema.$ref.split('/').pop();
    return `[${title}](#${title.toLowerCase()})`;
  }
  if (schema.oneOf) return schema.oneOf.map((one) => typeOf(one, objects)).join(' or ');
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
export function protocolDocument({ document, protocolVersion, conversation }) {
  const errors = Object.entries(document.components.errors).map(
    ([name, { code, message }]) => `| ${code} | ${name} | ${message} |`,
  );
  const objects = Object.entries(document.components.schemas).map(
    ([title, schema]) => `### ${title}\n\n${schema.description}\n\n${objectText(schema)}`,
  );
  return `<!-- Generated from schemas/ by tools/generate.mjs. Change the schemas, not this file. -->
# The worker's protocol

Protocol version ${protocolVersion}: JSON-RPC 2.0 in \`Content-Length\` frames over a child process's standard streams, as language servers
speak it. What an author of a client needs is on this page; \`rpc.discover\` gives it to programs as an OpenRPC document, and
\`schemas/protocol.schema.json\` in each package has all types in one JSON Schema, for generators. Clients in a few lines, for
Neovim, Emacs and Visual Studio Code, are in [examples](../examples).

## Starting a worker

| the worker | for |
|---|---|
| \`portreservation serve --stdio\` | those who have the npm package |
| \`node <module folder>/worker/worker.mjs --stdio\` | those who have the PowerShell module |
| \`ssh build01 portreservation serve --stdio\` | [another machine](remote.md) |

It needs Node 20.19 or newer, and no privileges but for persistent reservations; the working folder does not matter.
\`--provider\` chooses what carries reservations out, unless \`initialize\` does; wrong arguments end it with exit code 64, and a Node that
is too old with 69.

- **stdin and stdout are the wire.** Make them pipes, binary ones: no conversion of line ends or characters.
- **stderr is the log**, one JSON object a line: \`time\`, \`level\` (\`error\`, \`warn\`, \`info\`, \`debug\`), \`message\`, and facts. Read it or
  discard it, but do not leave it unread: a full pipe stops the worker. A line that is no such object is Node's own.
- **Environment**: \`PORT_RESERVATION_HOME\`, a full path, moves the ledger, in which workers see each other's reservations.
  Whoever sets it for one worker (a test does) is out of sight of the others. Without it the place follows from \`HOME\` and
  \`XDG_STATE_HOME\`, on Windows from \`LOCALAPPDATA\` and \`ProgramData\`. Pass the rest as it is.

One worker for each editor, session or program is meant. It holds its runtime reservations for as long as it lives.

## Frames

Each message is \`Content-Length: <bytes>\\r\\n\\r\\n\` and then that many bytes of UTF-8 JSON. The header is at most 8 KiB,
the body at most 8 MiB. A body that is no valid JSON is answered with -32700, one that is no JSON-RPC 2.0 request (a batch,
\`"jsonrpc"\` missing, an id that is already in flight) with -32600, and so is one nested deeper than 64 levels or of more than
50,000 values; all with \`id: null\` where the id is not known, and the conversation goes on. A frame that is broken (bad, missing or too large length, a header line without a colon, the stream
ends inside it) is answered too, and then ends the worker with exit code 1, because nobody can say where the next one begins.

The answers may be larger: a list is as long as what is there. Read them: above 8 MiB or a thousand of them unread, or a thousand
requests in flight, nothing new is served, and soon nothing is read. \`Content-Type\` may be sent, with \`charset=utf-8\`.

## Rules

- Params and results are objects; a key in params that is \`null\` counts as absent, unknown ones are refused with -32602, whose \`data.errors\` names each field. Results
  may get new keys within a protocol version: pass over those that you do not know.
- Ids are texts or whole numbers, and each is used once at a time. Requests are served at the same time, so the answers come
  in their own order.
- \`initialize\` is optional; if it is sent, it is the first request, and is sent once. When it fails, start another worker.
- \`$/cancelRequest {id}\` cancels; the request is still answered, with -32800 if it was stopped in time: nothing has changed
  then; a creation that has just been done is given back. Otherwise it is answered as if it had not been cancelled; free what
  you do not want.
- Unknown notifications are ignored, unknown requests are answered with -32601. Do the same with what the worker sends:
  requests only as [below](#what-the-worker-asks-of-the-client).
- Nothing is asked of the user. Texts (\`message\`, \`hint\`, \`explanation\`, \`remedy.sentence\`) are English sentences that can be shown as they are.

## Life

- The worker ends on end of input, on \`exit\`, and when the process named by \`processId\` in \`initialize\` is gone. It frees all it
  holds; if it is killed, the kernel does. Persistent reservations stay.
- Orderly: \`shutdown\`, wait for its answer (requests under way are cancelled and answered, everything held is free), \`exit\`. Closing its
  input does the same. Exit code 0 after \`shutdown\` or end of input, 1 on \`exit\` without \`shutdown\` or after a broken frame,
  70 for a fault of the worker, 128+n for signal n.
- Send \`processId\` when the worker runs on your machine and in your process namespace: then it also ends with you where
  another process keeps the pipe open. Never send it to [another machine](remote.md) or into a container.
- SIGINT ends it only while no client has given its \`processId\`: Ctrl+C at a terminal reaches the whole process group and is
  meant for the client. SIGTERM and SIGHUP end it in order.
- **If it dies**, its runtime reservations are free, and requests in flight stay unanswered. What they asked for may have been
  done, where it was a persistent reservation: look with \`reservation/list\` before you repeat it. Then start a worker anew and
  reserve the same ports by their \`startPort\`; somebody else may have been faster.

## Versions

\`initialize\` with your \`protocolVersion\` is answered, or refused with NotSupported and a \`hint\` on which side to update. The number changes
when something a client relies on does; new methods, new optional params and new keys in results come without. A method that
is not there is answered with -32601, a param with -32602; \`serverInfo.version\` is the release.

## Values

- **Tokens are texts** of decimal digits. They have 64 bits, and a JSON number loses those above 2^53 in most languages. Keep
  them as they come. A token may change at a reboot: store protocol and range.
- Ports are numbers from 1 to 65535, in host byte order; a range is \`startPort\` and \`numberOfPorts\`, never the last port.
- Times are ISO 8601 in UTC. \`name\` in \`reservation/list\` takes wildcards.
- A port that is held is given to your server in the way that \`capabilities.handOver\` names. With \`reusePort\`, a server of the same user
  that sets \`SO_REUSEPORT\` before bind takes it while it is held; any other is refused until the reservation is released. A
  server that knows nothing of this is let in by \`hold: yield\`.

## Safety

- The worker has the rights of who starts it, listens nowhere, and serves who holds its streams. Start an elevated one for
  persistent reservations alone, and end it after.
- \`name\` and \`reason\` are for everybody to read who may read the ledger (all users, where root or an elevated administrator made the
  reservation), as is the user's name: no secrets there.
- Do not set \`PORT_RESERVATION_HOME\` to a folder that others may write to.

## A conversation

What a client sends (\`-->\`) and gets (\`<--\`), without the frames' headers, on Linux. Line by line the answers of a real worker; port
numbers, token, user, process and times are replaced.

\`\`\`
${conversation.trimEnd()}
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

An answer has \`result\` or \`error {code, message, data?}\`. JSON-RPC's own codes stand for JSON-RPC's own faults: -32700 no JSON, -32600
no request, -32601 no such method, -32602 wrong params with [\`data.errors\`](#errordata), -32603 a fault of the worker,
and -32800 cancelled. Unless an error says otherwise, nothing has changed. Ours are positive and carry
[\`data\`](#errordata) with a \`name\`; in PowerShell the name is the error's id.
Go by \`name\`, show \`message\` and \`hint\`; \`target\` is what it is about.

| code | name | meaning |
|---|---|---|
${errors.join('\n')}

## Objects

${objects.join('\n\n')}
`;
}
