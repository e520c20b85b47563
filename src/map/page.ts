import type { PortMapRendering, ProtocolMap } from '../protocol/generated/contract.ts';
import { plainText } from '../protocol/plain-text.ts';
import { headline } from './headline.ts';
import { kinds, styles } from './kinds.ts';
import { pageMap } from './page-data.ts';
import { pageScript } from './page-script.ts';
import { xmlText } from './text-width.ts';

/** What the page may be in all. */
const mostBytes = 100_000;

const colors = (theme: 'light' | 'dark') => kinds.map((kind, index) => `--k${index}:${styles[kind][theme]}`).join(';');
const marks = kinds.map((_, index) => `.k${index}{background:var(--k${index})}`).join('');

const style = `
:root{color-scheme:light dark;--ground:#fff;--text:#24292f;--faint:#59636e;--line:#d0d7de;--ring:#d1006c;${colors('light')}}
@media (prefers-color-scheme:dark){:root{--ground:#0d1117;--text:#e6edf3;--faint:#9198a1;--line:#30363d;--ring:#ff7fc4;${colors('dark')}}}
*{box-sizing:border-box}
body{margin:0 auto;padding:24px 28px 40px;max-width:1240px;background:var(--ground);color:var(--text);font:14px/1.45 system-ui,"Segoe UI",Helvetica,Arial,sans-serif}
h1{margin:0 0 4px;font-size:26px;line-height:1.25}h2{font-size:16px;margin:26px 0 8px}
.faint{color:var(--faint)}p{margin:4px 0}
form{display:flex;flex-wrap:wrap;gap:10px 22px;align-items:center;margin:16px 0 12px}
fieldset{border:0;margin:0;padding:0;display:flex;gap:14px}legend{float:left;margin-right:6px}
input[type=search]{font:inherit;padding:6px 10px;width:260px;max-width:100%;color:inherit;background:transparent;border:1px solid var(--faint);border-radius:6px}
canvas{display:block;width:100%;height:560px;touch-action:pan-y}
:focus-visible{outline:3px solid var(--ring);outline-offset:2px}
#about{min-height:1.5em;margin:10px 0;font-weight:600}
ul{list-style:none;margin:8px 0;padding:0}#legend{display:flex;flex-wrap:wrap;gap:4px 20px}#legend i{display:inline-block;width:12px;height:12px;margin-right:7px;border-radius:2px;border:1px solid var(--line)}
#found button{font:inherit;padding:2px 0;border:0;background:none;color:inherit;text-align:left;text-decoration:underline;cursor:pointer}
#tip{position:fixed;max-width:420px;padding:6px 10px;border-radius:6px;background:var(--text);color:var(--ground);pointer-events:none;z-index:1}
table{border-collapse:collapse;width:100%}th,td{padding:4px 14px 4px 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);overflow-wrap:anywhere}td:first-child{font-family:ui-monospace,Menlo,Consolas,monospace;white-space:nowrap}
${marks}`;

/** One page of all the maps, that needs no other file and no network. */
export function renderPage(
  maps: readonly ProtocolMap[],
  { ring = [], caption }: Omit<PortMapRendering, 'format'>,
): string {
  const [first] = maps as [ProtocolMap];
  const around = frame(maps, { title: headline(first, ring), caption, data: '' });
  const room = Math.floor((mostBytes - Buffer.byteLength(around)) / maps.length) - 200;
  const data = { ring, maps: maps.map((map) => pageMap(map, ring, Math.floor(room * spareForEscapes))) };
  return frame(maps, { title: headline(first, ring), caption, data: JSON.stringify(data).replaceAll('<', '\\u003c') });
}

const spareForEscapes = 0.97;

function frame(
  maps: readonly ProtocolMap[],
  { title, caption, data }: { title: string; caption: string | undefined; data: string },
): string {
  const choices = maps.map(
    ({ protocol }, index) =>
      `<label><input type="radio" name="protocol" value="${index}"${index === 0 ? ' checked' : ''}> ${protocol.toUpperCase()}</label>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${xmlText(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1 id="headline">${xmlText(title)}</h1>
<p class="faint">All ports of ${caption === undefined ? 'a machine' : xmlText(plainText(caption))}. The upper half is those below 10,000, the lower one all others; what is all the same is folded.</p>
<form role="search" onsubmit="return false">
${maps.length > 1 ? `<fieldset><legend>Protocol</legend>${choices.join('')}</fieldset>` : ''}
<label>Search <input type="search" id="search" placeholder="5173, node, reserved" autocomplete="off" aria-describedby="count"></label>
<span id="count" role="status" class="faint"></span>
</form>
<ul id="found" aria-label="Found"></ul>
<canvas id="map" tabindex="0" role="application" aria-roledescription="map" aria-describedby="keys"></canvas>
<p id="about" aria-live="polite"></p>
<p id="keys" class="faint">Arrow keys move from port to port and from row to row, n and N to the next that is not free, Home and End to the first and last, / searches.</p>
<ul id="legend" aria-label="Kinds of ports"></ul>
<p id="warnings" class="faint"></p>
<h2 id="what">What is there</h2>
<table aria-labelledby="what"><thead><tr><th scope="col">Ports</th><th scope="col">Are</th><th scope="col">Who, or what for</th></tr></thead><tbody id="rows"></tbody></table>
<p id="more" class="faint"></p>
</main>
<div id="tip" hidden></div>
<noscript>The map needs scripts, which this page carries itself.</noscript>
<script type="application/json" id="data">${data}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}
