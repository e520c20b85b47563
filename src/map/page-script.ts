/** What the page does: draws, searches, and says what is under the pointer or the cursor. It stands in the page as it is. */
export const pageScript = String.raw`
const data = JSON.parse(document.getElementById('data').textContent);
const $ = (id) => document.getElementById(id);
const canvas = $('map'), context = canvas.getContext('2d');
const maps = data.maps.map((map) => {
  const kindOf = new Uint8Array(65536), textOf = new Int32Array(65536).fill(-1), pieces = [];
  let port = 1;
  for (const word of map.pieces.split(' ')) {
    const [length, kind, text] = word.split('.').map((one) => parseInt(one, 36));
    pieces.push({ from: port, to: port + length - 1, kind, text: text === undefined ? '' : map.texts[text] });
    kindOf.fill(kind, port, port + length);
    textOf.fill(pieces.length - 1, port, port + length);
    port += length;
  }
  return { ...map, kindOf, pieceOf: textOf, pieces };
});
let map = maps[0], cursor = data.ring[0] ?? 0, found = new Set();
const left = 58, right = 8, gap = 14;

function place() {
  const low = map.rows.filter(([start]) => start < 10000).length, height = canvas.clientHeight;
  const half = (height - gap) / 2;
  return map.rows.map((row, index) => {
    const isLow = index < low, count = isLow ? low : map.rows.length - low;
    return { row, y: (isLow ? 0 : half + gap) + (isLow ? index : index - low) * (half / count), height: half / count };
  });
}
const color = (kind) => getComputedStyle(document.documentElement).getPropertyValue('--k' + kind);
const span = ([, count, whole, fold]) => (fold < 0 ? whole : count);

function draw() {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  canvas.width = width * ratio; canvas.height = height * ratio;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  const style = getComputedStyle(document.documentElement), colors = map.titles.map((_, kind) => color(kind));
  const room = width - left - right;
  context.font = '11px ui-monospace,Menlo,Consolas,monospace';
  context.textAlign = 'right';
  for (const { row, y, height: high } of place()) {
    const [start, count, , fold] = row;
    context.fillStyle = style.getPropertyValue('--faint');
    if (high >= 11 || start % 1000 === 0 || fold >= 0) context.fillText(start, left - 8, y + high / 2 + 4);
    if (fold >= 0) {
      context.fillStyle = colors[fold];
      for (let x = left; x < left + room; x += 8) context.fillRect(x, y + high / 2 - 1.5, 4, 3);
      continue;
    }
    const each = room / span(row), cells = Math.min(count, 65536 - start);
    // The most remarkable port of a pixel's width is what is seen.
    for (const pass of [0, 1]) for (let index = 0, next; index < cells; index = next) {
      const kind = map.kindOf[start + index];
      for (next = index + 1; next < cells && map.kindOf[start + next] === kind;) next++;
      const first = start + index === 0 ? 1 : index;
      if ((pass === 0) !== (kind < 3)) continue;
      context.fillStyle = colors[kind];
      context.fillRect(left + first * each, y + 1, Math.max((next - first) * each, pass ? 2 : 0), Math.max(2, high - 2));
    }
  }
  context.lineWidth = 2.5;
  context.strokeStyle = style.getPropertyValue('--ring');
  const ringed = new Set([...data.ring, ...found]);
  if (cursor) ringed.add(cursor);
  for (const port of ringed) {
    const at = middleOf(port);
    context.beginPath(); context.arc(at.x, at.y, port === cursor ? 10 : 7, 0, 7); context.stroke();
  }
}
function middleOf(port) {
  const { row, y, height } = place().find(({ row: [start, count] }) => port >= start && port < start + count);
  return { x: left + ((port - row[0] + .5) / span(row)) * (canvas.clientWidth - left - right), y: y + height / 2 };
}
function portAt(x, y) {
  const rows = place(), hit = rows.find((one) => y >= one.y && y < one.y + one.height);
  if (!hit || x < left) return 0;
  const [start, count] = hit.row, each = (canvas.clientWidth - left - right) / span(hit.row);
  const port = start + Math.floor((x - left) / each);
  if (port < start || port >= start + count || port > 65535) return 0;
  // What is near and remarkable is meant, where ports are narrower than a pointer.
  let best = Math.max(port, 1);
  for (let near = 1; near * each < 3; near++) for (const one of [port - near, port + near]) {
    if (one >= Math.max(1, start) && one < start + count && one < 65536 && map.kindOf[one] > map.kindOf[best]) best = one;
  }
  return best;
}
function about(port) {
  const { from, to, kind, text } = map.pieces[map.pieceOf[port]];
  const range = from === to ? String(from) : from + '\u2013' + to;
  return (map.unit > 1 || from !== to ? port + ', in ' + range : range) + ': ' + map.titles[kind] + (text ? ', ' + text : '');
}
function say(port) { $('about').textContent = port ? map.protocol + ' ' + about(port) : 'Point at a port, or use the arrow keys.'; }

function search() {
  const words = $('search').value.trim().toLowerCase(), list = $('found');
  found = new Set();
  list.replaceChildren();
  if (!words) { $('count').textContent = ''; draw(); return; }
  let hits = [];
  const range = /^:?(\d{1,5})(?:-(\d{1,5}))?$/.exec(words);
  if (range && +range[1] >= 1 && +range[1] <= 65535) hits = [{ from: +range[1], to: +range[1] }];
  else hits = map.pieces.filter(({ kind, text }) => kind > 2 && (text + ' ' + map.titles[kind]).toLowerCase().includes(words));
  $('count').textContent = hits.length === 0 ? 'Nothing has that.' : hits.length === 1 ? '1 found' : hits.length + ' found';
  for (const { from } of hits.slice(0, 60)) {
    found.add(from);
    const button = document.createElement('button');
    button.textContent = about(from);
    button.onclick = () => { cursor = from; say(from); draw(); canvas.focus(); };
    list.append(Object.assign(document.createElement('li'), {}));
    list.lastChild.append(button);
  }
  if (hits.length === 1) { cursor = hits[0].from; say(cursor); }
  draw();
}
function table() {
  const rows = map.pieces.filter(({ kind }) => kind > 2).sort((a, b) => b.kind - a.kind || a.from - b.from);
  $('rows').replaceChildren(...rows.slice(0, 400).map(({ from, to, kind, text }) => {
    const line = document.createElement('tr');
    for (const cell of [from === to ? from : from + '\u2013' + to, map.titles[kind], text])
      line.append(Object.assign(document.createElement('td'), { textContent: cell }));
    return line;
  }));
  $('more').textContent = rows.length > 400 ? 'and ' + (rows.length - 400) + ' more' : '';
}
function legend() {
  $('legend').replaceChildren(...map.titles.map((title, kind) => ({ title, kind })).filter(({ kind }) => map.counts[kind] > 0).reverse().map(({ title, kind }) => {
    const item = document.createElement('li'), mark = document.createElement('i');
    mark.className = 'k' + kind;
    item.append(mark, title + ' ' + map.counts[kind].toLocaleString('en-US'));
    return item;
  }));
}
function show(which) {
  map = maps[which];
  $('headline').textContent = map.headline;
  $('warnings').textContent = map.warnings.join(' ');
  canvas.setAttribute('aria-label', 'All ' + map.protocol + ' ports. ' + map.headline + '. The table below has the same.');
  if (map.unit > 1) $('warnings').textContent += ' There are so many that ' + map.unit + ' neighbours share what is said of them.';
  legend(); table(); say(cursor); search(); draw();
}
canvas.addEventListener('pointermove', (event) => {
  const port = portAt(event.offsetX, event.offsetY), tip = $('tip');
  tip.hidden = !port;
  if (!port) return;
  tip.textContent = about(port);
  tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
  tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + 'px';
});
canvas.addEventListener('pointerleave', () => { $('tip').hidden = true; });
canvas.addEventListener('click', (event) => { cursor = portAt(event.offsetX, event.offsetY) || cursor; say(cursor); draw(); });
canvas.addEventListener('keydown', (event) => {
  const rows = map.rows, at = rows.findIndex(([start, count]) => cursor >= start && cursor < start + count);
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key], leap = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const next = { n: 1, N: -1, PageDown: 1, PageUp: -1 }[event.key];
  if (step) cursor = Math.min(65535, Math.max(1, cursor + step));
  else if (leap && rows[at + leap]) cursor = Math.max(1, Math.min(65535, rows[at + leap][0] + Math.min(cursor - rows[at][0], rows[at + leap][1] - 1)));
  else if (event.key === 'Home') cursor = 1;
  else if (event.key === 'End') cursor = 65535;
  else if (next) {
    const hits = map.pieces.filter(({ kind }) => kind > 2);
    const hit = next > 0 ? hits.find(({ from }) => from > cursor) : hits.findLast(({ from }) => from < cursor);
    if (hit) cursor = hit.from;
  } else return;
  event.preventDefault();
  say(cursor); draw();
});
$('search').addEventListener('input', search);
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== $('search')) { event.preventDefault(); $('search').focus(); }
});
for (const input of document.querySelectorAll('input[name=protocol]')) input.addEventListener('change', () => show(+input.value));
addEventListener('resize', draw);
matchMedia('(prefers-color-scheme:dark)').addEventListener('change', draw);
show(0);
`;
