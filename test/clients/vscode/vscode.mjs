// Stands in for the module that Visual Studio Code gives to extensions: as much of it as examples/vscode uses. Commands can be
// run, what would be asked is answered from `answers`, and what would be shown is kept in `shown`.

const registered = new Map();

/** Next answers of the input boxes; undefined is Escape. */
export const answers = [];
/** Messages, in their order. */
export const shown = [];
export const clipboard = [];

/** The variables that the extension gives to new terminals. */
export const terminalEnvironment = {};

export const context = {
  subscriptions: [],
  environmentVariableCollection: {
    replace: (name, value) => {
      terminalEnvironment[name] = value;
    },
  },
};

export const commands = {
  registerCommand: (name, work) => {
    registered.set(name, work);
    return { dispose: () => registered.delete(name) };
  },
  executeCommand: (name) => registered.get(name)(),
};

export const workspace = { workspaceFolders: [{ uri: { fsPath: process.cwd() } }] };

const show =
  (kind, chosen) =>
  async (text, ...items) => {
    shown.push({ kind, text });
    return chosen(items);
  };

export const window = {
  showInputBox: async ({ value, validateInput }) => {
    const answer = answers.length > 0 ? answers.shift() : value;
    const refused = answer === undefined ? undefined : validateInput?.(answer);
    if (refused) throw new Error(refused);
    return answer;
  },
  showInformationMessage: show('information', () => undefined),
  showWarningMessage: show('warning', (items) => items[0]),
  showErrorMessage: show('error', () => undefined),
};

export const env = { clipboard: { writeText: async (text) => clipboard.push(text) } };
