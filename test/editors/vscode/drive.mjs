// Uses the extension as its user would, in a real Visual Studio Code, and prints one JSON object with what was seen. Its one
// argument is a file that says where everything is. Runs in namespaces of its own: see vscode.test.ts.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { openEditor } from './editor.mjs';

const place = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { folder, other, env, program, probeFile } = place;
const editor = await openEditor(place);
const { page, command, answer, message, dismiss, picture } = editor;
const seen = { steps: [] };

/** Waits until there is something to be seen. */
async function eventually(look) {
  for (let attempt = 0; ; attempt++) {
    const found = await Promise.resolve(look()).catch(() => undefined);
    if (found) return found;
    if (attempt === 300) throw new Error(`It was not seen: ${look}`);
    await setTimeout(100);
  }
}

const reservations = () =>
  JSON.parse(execFileSync(process.execPath, [program, 'get', '--json'], { env, encoding: 'utf8' })).reservations;
const statusBar = async () => {
  const item = page.locator('.statusbar-item[id*="portreservation"]');
  return { text: (await item.innerText()).trim(), about: await item.locator('a').getAttribute('aria-label') };
};

const steps = {
  async reserve() {
    await command('Ports: Reserve Ports for This Folder');
    await answer('What for?');
    await answer('How many consecutive ports?');
    seen.reserved = (await message('New terminals are told by PORT')).text;
    seen.port = Number(/port (\d+)/.exec(seen.reserved)[1]);
    seen.ledger = reservations();
    seen.statusBar = await statusBar();
    await picture('reserved');
  },
  async terminal() {
    await dismiss();
    await command('Terminal: Create New Terminal');
    await page.locator('.terminal-wrapper .xterm-screen').first().waitFor();
    await page.locator('.terminal-wrapper .xterm-helper-textarea').first().focus();
    await page.keyboard.type('node server.mjs\n');
    seen.body = await eventually(async () => (await fetch(`http://127.0.0.1:${seen.port}`)).text());
    seen.serving = await eventually(async () => {
      const shown = await statusBar();
      return /serves there/.test(shown.about) && !/nobody/.test(shown.about) ? shown : undefined;
    });
    await picture('terminal');
  },
  async explainOwn() {
    await command("Ports: Why Can't I Bind...");
    await answer('Which port?', `${seen.port}`);
    const { text, buttons } = await message('cannot be bound');
    seen.own = { text, buttons };
    await picture('own');
    await dismiss();
  },
  async explainOther() {
    const code = "require('node:net').createServer().listen(5173, () => console.log('listens'))";
    const squatter = spawn(process.execPath, ['-e', code], { cwd: other, stdio: ['ignore', 'pipe', 'inherit'] });
    await new Promise((resolve) => squatter.stdout.once('data', resolve));
    await command("Ports: Why Can't I Bind...");
    await answer('Which port?', '5173');
    const { text, buttons } = await message('5173 cannot be bound');
    seen.other = { text, buttons, processId: squatter.pid };
    await picture('other');
    await dismiss();
    squatter.kill();
  },
  async task() {
    await command('Tasks: Run Task');
    await page.locator(editor.rows, { hasText: 'tell the port' }).first().click();
    const file = join(folder, 'task.out');
    seen.task = await eventually(() => existsSync(file) && readFileSync(file, 'utf8').trim());
  },
  async tree() {
    const tree = page.locator('.pane', { hasText: 'Port Reservations' });
    await tree.locator('.pane-header').click();
    const lines = async () =>
      (await tree.locator('.monaco-list-row').allInnerTexts()).map((one) => one.replace(/\s+/g, ' '));
    seen.treeBefore = await eventually(async () => (await lines()).find((one) => one.includes('shop web')));
    const words = ['exec', '--name', 'from-outside', '--', process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const outside = spawn(process.execPath, [program, ...words], { env, stdio: 'ignore' });
    seen.treeWith = await eventually(async () => (await lines()).find((one) => one.includes('from-outside')));
    await picture('tree');
    outside.kill();
    seen.treeWithout = await eventually(async () => !(await lines()).some((one) => one.includes('from-outside')));
  },
  async deadWorker() {
    // While the server listens nobody can hold its port.
    await page.locator('.terminal-wrapper .xterm-helper-textarea').first().focus();
    await page.keyboard.press('Control+C');
    await eventually(async () => /nobody/.test((await statusBar()).about));
    const [{ owner }] = reservations();
    process.kill(owner.processId, 'SIGKILL');
    seen.revived = await eventually(() =>
      reservations().find((one) => one.name === 'shop web' && one.owner.processId !== owner.processId),
    );
  },
  async findFree() {
    await command('Ports: Find a Free Block');
    await answer('Nothing is reserved.');
    await page.locator('.quick-input-widget [placeholder^="Free now"]').waitFor();
    await page.locator(editor.rows).last().waitFor();
    seen.free = await page.locator(editor.rows).allInnerTexts();
    await page.keyboard.press('Escape');
  },
  async map() {
    await command('Ports: Show the Map');
    const drawn = () =>
      eventually(async () => {
        for (const frame of page.frames()) {
          const svg = frame.locator('body > svg');
          if ((await svg.count()) > 0) {
            const ground = svg.locator('.ground').first();
            return {
              text: await svg.innerText().catch(() => svg.textContent()),
              ground: await ground.evaluate((one) => getComputedStyle(one).fill),
            };
          }
        }
        return undefined;
      });
    seen.map = await drawn();
    await picture('map-first');
    await command('Preferences: Toggle between Light/Dark Themes');
    seen.mapOther = await eventually(async () => {
      const now = await drawn();
      return now.ground === seen.map.ground ? undefined : now;
    });
    await picture('map-second');
  },
  async agent() {
    await command('MCP: List Servers');
    const row = (text) => page.locator(editor.rows, { hasText: text }).first();
    await row('Port reservations').click();
    await row('Start Server').click();
    await eventually(async () => {
      await command('Ports Probe: Call Tools');
      const dialog = page.locator('.monaco-dialog-box');
      const written = () => existsSync(probeFile) && JSON.parse(readFileSync(probeFile, 'utf8'));
      for (let attempt = 0; attempt < 60; attempt++) {
        if (await dialog.isVisible()) {
          await picture('asked');
          await dialog.locator('.monaco-button', { hasText: 'Yes' }).click();
        }
        if (written()) break;
        await setTimeout(100);
      }
      seen.agent = written();
      return seen.agent?.tools?.length > 0 || undefined;
    });
  },
  async release() {
    await command("Ports: Release This Folder's Ports");
    seen.released = (await message('Freed')).text;
    seen.ledgerAfter = reservations();
    seen.statusBarAfter = await eventually(async () => {
      const shown = await statusBar();
      return /Reserve/.test(shown.text) ? shown : undefined;
    });
  },
};

for (const [name, step] of Object.entries(steps)) {
  try {
    await step();
    seen.steps.push(name);
  } catch (error) {
    seen.failed = `${name}: ${error.stack}`;
    await picture('failed').catch(() => {});
    break;
  }
}
await editor.close();
seen.ledgerAtEnd = await eventually(() => {
  const left = reservations();
  return left.length === 0 ? left : undefined;
}).catch(() => reservations());
process.stdout.write(`\n${JSON.stringify(seen)}\n`);
