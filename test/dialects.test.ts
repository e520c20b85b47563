import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

/** What all faces share, and so must speak in the words of none. */
const core = ['service', 'providers', 'protocol', 'ledger', 'machine', 'desired-state', 'map'];

/** Words of one face alone. */
const dialects: Record<string, RegExp> = {
  'a cmdlet': /\b[A-Z][a-z]+-(?:Free)?Port[A-Z]?[a-zA-Z]*/,
  'a parameter of a cmdlet': /(?<![\w-])-[A-Z][a-z]+[A-Za-z]*\b(?! -)/,
  'a command of ours': /\bportreservation (?:new|get|remove|status|exec|exclude|apply|find|map|test)\b/,
  'an option of ours':
    /--(?:provider|persistent|restart-nat|start-port|ports|number-of-ports|within|hold|force|prune|what-if|if-exists|json|document)\b/,
  'a task of Ansible': /\bdesired_state\b/,
};

/** Commands of Windows that are typed in PowerShell: the system's words, not ours. */
const systems = /\b(?:Stop-Process|Stop-Service|Get-Net|Get-CimInstance).*/g;

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');

const files = core.flatMap((room) =>
  readdirSync(join(root, 'src', room), { recursive: true, encoding: 'utf8' })
    .map((file) => `src/${room}/${file.replaceAll('\\', '/')}`)
    .filter((file) => file.endsWith('.ts') && !file.includes('generated/')),
);

test.each(files)('%s speaks no dialect of one face', (file) => {
  const text = withoutComments(readFileSync(join(root, file), 'utf8')).replace(systems, '');
  for (const [what, words] of Object.entries(dialects)) expect(words.exec(text)?.[0], what).toBeUndefined();
});

test('the contract names no cmdlet but where it says which serves a method', () => {
  for (const file of readdirSync(join(root, 'schemas'))) {
    const text = readFileSync(join(root, 'schemas', file), 'utf8').replace(/"x-(?:cmdlet|command)": "[^"]*"/g, '');
    expect(dialects['a cmdlet']!.exec(text)?.[0], file).toBeUndefined();
  }
});
