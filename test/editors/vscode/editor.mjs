// A real Visual Studio Code in a browser: what its user sees and does.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const rows = '.quick-input-widget .monaco-list-row';

/** Starts code-server on the folder and opens it; `env` is what extensions run in. */
export async function openEditor({ node, entry, base, folder, env, browser: executablePath }) {
  const flags = ['--auth', 'none', '--bind-addr', '127.0.0.1:8123', '--disable-telemetry', '--disable-update-check'];
  const folders = ['--user-data-dir', join(base, 'user'), '--extensions-dir', join(base, 'extensions')];
  const server = spawn(node, [entry, ...folders, ...flags, '--disable-workspace-trust', folder], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: server.stdout })) if (/server listening/i.test(line)) break;
  server.stdout.resume();
  const context = await chromium.launchPersistentContext(join(base, 'chromium'), {
    executablePath,
    headless: true,
    viewport: { width: 1280, height: 800 },
    args: browserFlags,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(45_000);
  await page.goto(`http://127.0.0.1:8123/?folder=${encodeURIComponent(folder)}`);
  await page.waitForSelector('.monaco-workbench .explorer-folders-view', { timeout: 90_000 });

  /** Runs a command of the palette, which learns of new ones only when it is opened again. */
  async function command(title) {
    for (let attempt = 1; ; attempt++) {
      await page.keyboard.press('F1');
      await page.waitForSelector(rows);
      await page.keyboard.type(title);
      const row = page.locator(rows, { hasText: title }).first();
      const isListed = await row.waitFor({ timeout: 2_000 }).then(
        () => true,
        () => false,
      );
      if (isListed) return row.click();
      if (attempt === 20) throw new Error(`The command ${title} is not listed.`);
      await page.keyboard.press('Escape');
    }
  }

  /** Types into the box that asks this. */
  async function answer(question, text) {
    await page.locator('.quick-input-widget', { hasText: question }).waitFor();
    if (text !== undefined) await page.keyboard.type(text);
    await page.keyboard.press('Enter');
  }

  /** The message that says this, with its buttons; it is closed then. */
  async function message(words) {
    const toast = page.locator('.notification-toast', { hasText: words }).last();
    await toast.waitFor();
    // It fades in, which a picture would show.
    await toast.evaluate((one) =>
      Promise.all(
        document
          .getAnimations()
          .filter(({ effect }) => effect.target?.contains(one) || one.contains(effect.target))
          .map(({ finished }) => finished),
      ),
    );
    const text = await toast.locator('.notification-list-item-message').innerText();
    const buttons = await toast.locator('.monaco-button:visible').allInnerTexts();
    return { text, buttons: buttons.map((one) => one.trim()).filter(Boolean), toast };
  }

  const dismiss = () => command('Notifications: Clear All Notifications');
  const picture = (name) => page.screenshot({ path: join(base, 'pictures', `${name}.png`) });

  async function close() {
    await context.close();
    server.kill('SIGTERM');
    await once(server, 'exit');
  }

  return { page, command, answer, message, dismiss, picture, close, rows };
}
