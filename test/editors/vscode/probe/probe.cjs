// Calls the tools that the editor has from the MCP server, as its agent would, and writes what came of it to a file.
const { writeFileSync } = require('node:fs');
const vscode = require('vscode');

async function callTools() {
  const folder = vscode.workspace.workspaceFolders[0].uri.fsPath;
  const tools = vscode.lm.tools.filter(({ name }) =>
    /(reserve|explain|release|find_free)_ports|list_reservations/.test(name),
  );
  const call = async (name, input) => {
    const tool = tools.find((one) => one.name.endsWith(name));
    const { content } = await vscode.lm.invokeTool(tool.name, { input, toolInvocationToken: undefined });
    return content.map(({ value }) => value).join('\n');
  };
  const seen = { tools: tools.map(({ name }) => name) };
  seen.listed = await call('list_reservations', { folder });
  seen.reserved = await call('reserve_ports', { folder, label: 'agent' });
  return seen;
}

exports.activate = (context) => {
  const write = (seen) => writeFileSync(process.env.PROBE_FILE, JSON.stringify(seen));
  const run = () => callTools().then(write, (error) => write({ error: `${error.stack}` }));
  context.subscriptions.push(vscode.commands.registerCommand('portsProbe.callTools', run));
};
