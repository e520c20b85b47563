import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { createVSIX } from '@vscode/vsce';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeExtension } from '../../tools/vscode-extension.mjs';
import { portreservation } from '../cli/support.ts';
import { editorFolder } from './setup.mjs';

const installed = editorFolder();
const browser = '/usr/bin/chromium';

function lacking(): string {
  if (!existsSync(installed)) return ' (skipped: no Visual Studio Code here; node test/editors/setup.mjs installs it)';
  if (!existsSync(browser)) return ` (skipped: no ${browser})`;
  return spawnSync('unshare', ['-n', '-p', '-f', '--mount-proc', 'true']).status === 0
    ? ''
    : ' (skipped: no namespaces)';
}

const skipped = lacking();
const node = join(installed, 'node/node_modules/.bin/node');
const entry = join(installed, 'code-server/node_modules/code-server/out/node/entry.js');

/** What the user would have set; the rest keeps the editor from asking and fetching. */
const settings = {
  'workbench.colorTheme': 'Light Modern',
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'chat.mcp.autostart': 'never',
  'terminal.integrated.shellIntegration.enabled': false,
};

const tasks = {
  version: '2.0.0',
  tasks: [
    {
      label: 'tell the port',
      type: 'shell',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the editor fills it in
      command: 'echo ${command:portreservation.port} > task.out',
      problemMatcher: [],
      presentation: { reveal: 'never' },
    },
  ],
};

const server = `import http from 'node:http';
http.createServer((_, answer) => answer.end('shop')).listen(process.env.PORT);
`;

describe.skipIf(skipped)(`in a real Visual Studio Code${skipped}`, () => {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'port-editor-')));
  const folder = join(base, 'shop');
  const other = join(base, 'other');
  // biome-ignore lint/suspicious/noExplicitAny: what the driver saw
  let seen: any;

  beforeAll(async () => {
    const made = ['home', 'pictures', 'ledger', 'user/User', 'other', 'bin', 'shop/.vscode'];
    for (const name of made) mkdirSync(join(base, name), { recursive: true });
    writeFileSync(join(base, 'user/User/settings.json'), JSON.stringify(settings));
    writeFileSync(join(folder, '.vscode/tasks.json'), JSON.stringify(tasks));
    writeFileSync(join(folder, 'server.mjs'), server);
    // As npm puts it on PATH.
    symlinkSync(portreservation, join(base, 'bin/portreservation'));
    const { PORT: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      HOME: join(base, 'home'),
      PORT_RESERVATION_HOME: join(base, 'ledger'),
      PROBE_FILE: join(base, 'probe.json'),
      PATH: [join(base, 'bin'), join(installed, 'node/node_modules/.bin'), process.env.PATH].join(delimiter),
    };
    // The editor asks a login shell for the environment.
    writeFileSync(join(env.HOME, '.profile'), `export PATH='${env.PATH}'\n`);
    const probe = join(base, 'probe.vsix');
    await createVSIX({
      cwd: join(import.meta.dirname, 'vscode/probe'),
      packagePath: probe,
      dependencies: false,
      allowMissingRepository: true,
      skipLicense: true,
    });
    const folders = ['--user-data-dir', join(base, 'user'), '--extensions-dir', join(base, 'extensions')];
    const packages = [await makeExtension(base), probe].flatMap((file) => ['--install-extension', file]);
    execFileSync(node, [entry, ...folders, ...packages], { env, stdio: 'pipe' });
    const place = join(base, 'place.json');
    const program = portreservation;
    writeFileSync(
      place,
      JSON.stringify({ base, folder, other, env, program, node, entry, browser, probeFile: env.PROBE_FILE }),
    );
    const drive = join(import.meta.dirname, 'vscode/drive.mjs');
    // A network of its own, and processes that end with it.
    const script = `ip link set lo up; exec "${process.execPath}" "${drive}" "${place}"`;
    const words = ['-n', '-p', '-f', '--mount-proc', 'bash', '-c', script];
    const { stdout } = await promisify(execFile)('unshare', words, { env, maxBuffer: 1 << 26 });
    seen = JSON.parse(stdout.trim().split('\n').at(-1)!);
    if (seen.failed) throw new Error(`${seen.failed}\nThe steps before: ${seen.steps.join(', ')}`);
  }, 300_000);

  afterAll(() => {
    if (process.env.KEEP_PICTURES) return;
    rmSync(base, { recursive: true, force: true });
  });

  test('the folder gets a port, which the status bar shows', () => {
    expect(seen.ledger).toMatchObject([
      { name: 'shop web', reason: `worktree ${folder}`, range: { startPort: seen.port, numberOfPorts: 1 } },
    ]);
    expect(seen.statusBar.text).toMatch(`${seen.port}`);
    expect(seen.statusBar.about).toMatch(/nobody serves there yet/);
  });

  test('a server in a terminal listens on PORT, and the status bar says that it runs', () => {
    expect(seen.body).toBe('shop');
    expect(seen.serving.about).toMatch(new RegExp(`\\(process \\d+\\) in ${folder} serves there`));
  });

  test("who has a port is said, and what would end it is copied for this folder's own alone", () => {
    expect(seen.own.text).toMatch(/cannot be bound.*listens.*works in .*shop, this folder/);
    expect(seen.own.buttons).toEqual([expect.stringMatching(/^Copy "kill \d+"$/), 'Show the Map']);
    expect(seen.other.text).toMatch(`Process ${seen.other.processId} works in ${other}.`);
    expect(seen.other.buttons).toEqual(['Show the Map']);
  });

  test('a task is told the port', () => {
    expect(seen.task).toBe(`${seen.port}`);
  });

  test('the tree follows what is reserved outside', () => {
    expect(seen.treeBefore).toMatch(`${seen.port}`);
    expect(seen.treeWith).toMatch(/from-outside · tcp/);
    expect(seen.treeWithout).toBe(true);
  });

  test('a worker that died is started again, and holds the same port', () => {
    expect(seen.revived.range.startPort).toBe(seen.port);
  });

  test('free blocks are listed', () => {
    expect(seen.free.length).toBe(10);
  });

  test('the map is a tab, light and dark as the editor is', () => {
    expect(seen.map.text).toMatch(/TCP/i);
    expect(seen.map.ground).toBe('rgb(255, 255, 255)');
    expect(seen.mapOther.ground).toBe('rgb(13, 17, 23)');
  });

  test("the editor's agent has the tools, and shares the folder's ports", () => {
    expect(
      seen.agent.tools.map((name: string) => name.replace(/^.*?(?=reserve|explain|find|list|release)/, '')).sort(),
    ).toEqual(['explain_ports', 'find_free_ports', 'list_reservations', 'release_ports', 'reserve_ports']);
    expect(JSON.parse(seen.agent.listed).reservations).toMatchObject([
      { name: 'shop web', range: { startPort: seen.port } },
    ]);
    expect(JSON.parse(seen.agent.reserved)).toMatchObject({
      state: 'reserved',
      env: { PORT: expect.stringMatching(/^\d+$/) },
    });
  });

  test('the ports are free when they are released, and all when the editor is closed', () => {
    expect(seen.released).toMatch(`Freed ${seen.port}.`);
    expect(seen.ledgerAfter.map(({ name }: { name: string }) => name)).not.toContain('shop web');
    expect(seen.statusBarAfter.text).toMatch(/Reserve port/);
    expect(seen.ledgerAtEnd).toEqual([]);
  });
});
