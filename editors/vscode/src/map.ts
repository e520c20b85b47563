import * as vscode from 'vscode';
import type { Protocol } from '../../../src/protocol/generated/contract.ts';
import type { Worker } from './worker.ts';

/** The picture asks its surroundings for dark; the editor's theme is another thing. */
function inTheme(svg: string): string {
  const { kind } = vscode.window.activeColorTheme;
  const isDark = kind === vscode.ColorThemeKind.Dark || kind === vscode.ColorThemeKind.HighContrast;
  return svg.replaceAll(/@media \(prefers-color-scheme: ?dark\)/g, isDark ? '@media all' : '@media not all');
}

function link(protocol: Protocol, words: string, isCurrent: boolean): string {
  const args = encodeURIComponent(JSON.stringify([protocol]));
  return isCurrent ? `<b>${words}</b>` : `<a href="command:portreservation.showMap?${args}">${words}</a>`;
}

const page = (svg: string, protocol: Protocol) => `<!doctype html>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{padding:8px 16px}nav{display:flex;gap:16px;margin-bottom:8px}svg{max-width:100%;height:auto}</style>
<nav>${link('tcp', 'TCP', protocol === 'tcp')}${link('udp', 'UDP', protocol === 'udp')}
<a href="command:portreservation.showMap?${encodeURIComponent(JSON.stringify([protocol]))}">Look again</a></nav>
${svg}`;

/** The map of all ports, in a tab of the editor. */
export class MapTab implements vscode.Disposable {
  readonly #worker: Worker;
  readonly #themes: vscode.Disposable;
  #panel: vscode.WebviewPanel | undefined;
  #shown: { svg: string; protocol: Protocol } | undefined;

  constructor(worker: Worker) {
    this.#worker = worker;
    this.#themes = vscode.window.onDidChangeActiveColorTheme(() => this.#draw());
  }

  async show(protocol: Protocol): Promise<void> {
    const params = { protocol, render: { format: 'svg' as const } };
    const { maps } = await this.#worker.use(({ client }) => client.request('port/map', params));
    this.#shown = { svg: maps[0]!.text!, protocol };
    this.#panel ??= this.#open();
    this.#draw();
    this.#panel.reveal();
  }

  #open(): vscode.WebviewPanel {
    const options = { enableCommandUris: ['portreservation.showMap'], retainContextWhenHidden: false };
    const panel = vscode.window.createWebviewPanel('portreservation.map', 'Ports', vscode.ViewColumn.Active, options);
    panel.onDidDispose(() => {
      this.#panel = undefined;
    });
    return panel;
  }

  #draw(): void {
    if (!this.#panel || !this.#shown) return;
    const { svg, protocol } = this.#shown;
    this.#panel.title = `Ports (${protocol.toUpperCase()})`;
    this.#panel.webview.html = page(inTheme(svg), protocol);
  }

  dispose(): void {
    this.#themes.dispose();
    this.#panel?.dispose();
  }
}
