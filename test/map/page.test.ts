import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { renderAll } from '../../src/map/render.ts';
import type { ProtocolMap } from '../../src/protocol/generated/contract.ts';
import type { FoundHolder } from '../../src/providers/provider.ts';
import { portMap } from '../../src/service/ports/map.ts';
import { inventedMachine, inventedServer } from './invented-machine.ts';

const program = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const skipped = program === undefined ? ' (skipped: no Chromium)' : '';

const pageOf = (maps: ProtocolMap[], options = {}) => renderAll(maps, { format: 'html', ...options })[0]!.text!;
const udp = (): ProtocolMap => ({ ...inventedServer(), protocol: 'udp' });

/** A machine with so many listeners, each of a process of its own with a long name. */
const crowded = (count: number, step: number, protocol: 'tcp' | 'udp'): ProtocolMap =>
  portMap(
    protocol,
    {
      holders: new Map(
        Array.from({ length: count }, (_, index): [number, FoundHolder[]] => [
          1 + step * index,
          [
            {
              holder: {
                state: 'listening',
                addresses: ['::'],
                processName: `wörker-number-${index}<&>`,
                processId: index + 1,
              },
            },
          ],
        ]),
      ),
      exclusions: [],
      dynamicRange: { startPort: 32_768, numberOfPorts: 28_232 },
      warnings: [],
    },
    [],
  );

test.each([
  [1, 1],
  [3000, 21],
  [32_767, 2],
  [65_535, 1],
])('the page of %i listeners, every %i. port, is of at most 100 KB', (count, step) => {
  const text = pageOf([crowded(count, step, 'tcp'), crowded(count, step, 'udp')], { ring: [5173] });
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(100_000);
});

describe.skipIf(skipped)(`the page in Chromium${skipped}`, () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'port-reservation-page-'));
    browser = await chromium.launch({ executablePath: program!, args: ['--no-sandbox'] });
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });

  /** Opens it as a file, and holds it to needing nothing else. */
  async function open(text: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Page> {
    const file = join(folder, 'map.html');
    writeFileSync(file, text);
    const page = await browser.newPage({ colorScheme, viewport: { width: 1100, height: 900 } });
    const faults: string[] = [];
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('request', (request) => request.url().startsWith('file:') || faults.push(request.url()));
    await page.goto(`file://${file}`);
    onTestFinished(async () => {
      await page.close();
      expect(faults).toEqual([]);
    });
    return page;
  }

  /** The colour of a pixel of the map. */
  const pixel = (page: Page, x: number, y: number): Promise<number[]> =>
    page.evaluate(`[...context.getImageData(${x} * devicePixelRatio, ${y} * devicePixelRatio, 1, 1).data]`);

  test('says the news, rings what was asked for, and names no machine by itself', async () => {
    const page = await open(pageOf([inventedMachine()], { ring: [5173] }));
    expect(await page.title()).toBe('Windows keeps 1,200 of your TCP ports; 5173 is one of them');
    expect(await page.locator('h1').innerText()).toBe(await page.title());
    expect(await page.locator('#about').innerText()).toBe(
      'tcp 5173, in 5141–5240: kept by the system, by the system, nobody can bind',
    );
    expect(await page.locator('form').innerText()).not.toContain('UDP');
    const named = await open(pageOf([inventedMachine()], { caption: 'lab-7 <b>' }));
    expect(await named.locator('p.faint').first().innerText()).toContain('lab-7 <b>');
  });

  test('finds ports by number and by name, and goes there', async () => {
    const page = await open(pageOf([inventedMachine(), udp()]));
    const found = page.getByRole('list', { name: 'Found' }).getByRole('button');
    await page.keyboard.press('/');
    await page.keyboard.type('java');
    expect(await found.allInnerTexts()).toEqual([
      '8080: listening, java.exe (process 11840, ada)',
      '8443: listening, java.exe (process 11840, ada)',
    ]);
    expect(await page.getByRole('status').innerText()).toBe('2 found');
    await found.nth(1).click();
    expect(await page.locator('#about').innerText()).toBe('tcp 8443: listening, java.exe (process 11840, ada)');
    await page.getByRole('searchbox').fill('21045');
    expect(await found.allInnerTexts()).toEqual([
      '21045, in 21040–21049: reserved, web (integration tests, runtime of ada)',
    ]);
    await page.getByRole('searchbox').fill('nothing of that');
    expect(await page.getByRole('status').innerText()).toBe('Nothing has that.');
    expect(await found.count()).toBe(0);
  });

  test('tells what is under the pointer, and switches to the other protocol', async () => {
    const page = await open(pageOf([inventedMachine(), udp()]));
    const box = (await page.locator('canvas').boundingBox())!;
    const at = async (port: number) => {
      await page.getByRole('searchbox').fill(`${port}`);
      return page.evaluate(
        (one) => (globalThis as unknown as { middleOf(port: number): { x: number; y: number } }).middleOf(one),
        port,
      );
    };
    const { x, y } = await at(5432);
    await page.mouse.move(box.x + x, box.y + y);
    // The list of what was found is above the map and moves it.
    const moved = (await page.locator('canvas').boundingBox())!;
    await page.mouse.move(moved.x + x, moved.y + y);
    expect(await page.locator('#tip').innerText()).toBe('5432: listening, postgres.exe (process 6044, SYSTEM)');
    await page.mouse.move(2, 2);
    expect(await page.locator('#tip').isHidden()).toBe(true);
    await page.getByRole('radio', { name: 'UDP' }).check();
    expect(await page.locator('h1').innerText()).toBe('45 of 65,535 UDP ports receive, 11 are reserved');
    expect(await page.locator('#legend').innerText()).toContain('receiving 45');
    expect(await page.locator('tbody tr').first().innerText()).toContain('sshd');
  });

  test('is used by the keyboard alone, and says so to a screen reader', async () => {
    const page = await open(pageOf([inventedMachine(), udp()], { ring: [5173] }));
    const about = page.locator('#about');
    await page.locator('canvas').focus();
    await page.keyboard.press('ArrowRight');
    expect(await about.innerText()).toContain('tcp 5174, in 5141–5240');
    await page.keyboard.press('n');
    expect(await about.innerText()).toContain('tcp 5241, in 5241–5340: kept by the system');
    await page.keyboard.press('N');
    expect(await about.innerText()).toContain('tcp 5141,');
    await page.keyboard.press('ArrowUp');
    expect(await about.innerText()).not.toContain('tcp 5141,');
    await page.keyboard.press('End');
    expect(await about.innerText()).toContain('tcp 65535');
    await page.keyboard.press('Home');
    expect(await about.innerText()).toContain('tcp 1, in 1–134: free');
    expect(await about.getAttribute('aria-live')).toBe('polite');
    const tree = await page.locator('main').ariaSnapshot();
    for (const part of [
      'heading "Windows keeps',
      'radio "TCP" [checked]',
      'searchbox "Search"',
      'application "All tcp ports. Windows keeps',
      'list "Kinds of ports"',
      'table "What is there"',
      'cell "game servers',
    ]) {
      expect(tree).toContain(part);
    }
  });

  test('is light or dark as the reader is, and free ports can be seen on both', async () => {
    const colours = [];
    for (const scheme of ['light', 'dark'] as const) {
      const page = await open(pageOf([inventedMachine()]), scheme);
      const ground = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      colours.push([ground, await pixel(page, 70, 8)]);
      expect(await page.screenshot()).toBeInstanceOf(Buffer);
    }
    expect(colours).toEqual([
      ['rgb(255, 255, 255)', [0xe9, 0xed, 0xf1, 255]],
      ['rgb(13, 17, 23)', [0x21, 0x2b, 0x38, 255]],
    ]);
  });

  test('takes names for text, and the biggest machine', async () => {
    const page = await open(pageOf([inventedServer(), crowded(65_535, 1, 'udp')]));
    expect(await page.locator('tbody').innerText()).toContain('x\ufffd[2J<b>&\ufffdab (process 31337, ada)');
    expect(await page.locator('tbody b').count()).toBe(0);
    await page.getByRole('radio', { name: 'UDP' }).check();
    expect(await page.locator('#warnings').innerText()).toMatch(/neighbours share what is said of them/);
    expect(await page.locator('#legend').innerText()).toContain('receiving 65,535');
  });
});
