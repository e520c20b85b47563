import { expect, it } from 'vitest';
import { frame } from '../support/frames.ts';
import { ModuleSession } from './module-session.ts';

const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: 'grüße 🚢 中' });
const other = JSON.stringify({ jsonrpc: '2.0', id: 2, result: 'x'.repeat(40_000) });
const one = frame(text);
const two = Buffer.concat([frame(text), frame(other, 'Content-Type: application/vscode-jsonrpc; charset=utf-8\r\n')]);

const slices = (bytes: Buffer, ...at: number[]) =>
  [0, ...at].map((start, index) => bytes.subarray(start, at[index] ?? bytes.length));
const insideCharacter = one.indexOf('🚢') + 2;

const good: Record<string, { chunks: Buffer[]; bodies: string[] }> = {
  'one chunk': { chunks: [one], bodies: [text] },
  'byte by byte': { chunks: [...one].map((byte) => Buffer.from([byte])), bodies: [text] },
  'split in the header name': { chunks: slices(one, 4), bodies: [text] },
  'split in the length': { chunks: slices(one, 17), bodies: [text] },
  'split between the line ends': { chunks: slices(one, one.indexOf('\r\n\r\n') + 2), bodies: [text] },
  'split behind the header': { chunks: slices(one, one.indexOf('\r\n\r\n') + 4), bodies: [text] },
  'split in a character of four bytes': { chunks: slices(one, insideCharacter), bodies: [text] },
  'two in one chunk, the second with a type': { chunks: [two], bodies: [text, other] },
  'two, cut where neither ends': { chunks: slices(two, one.length - 3, one.length + 9), bodies: [text, other] },
  'three in one chunk with half of a fourth': {
    chunks: slices(Buffer.concat([one, one, one, two]), one.length * 3 + 20),
    bodies: [text, text, text, text, other],
  },
  'an empty body': { chunks: [Buffer.concat([frame(''), one])], bodies: ['', text] },
  'a name in other letters': {
    chunks: [Buffer.from(`content-length:${one.length}\r\n\r\n`), one],
    bodies: [one.toString()],
  },
};

const bad: Record<string, [bytes: string, says: RegExp]> = {
  'a banner': ['Node.js v20\n', /begins with Content-Length, not with 'Node.js v20'/],
  'one wrong byte': ['{', /not with '\{'/],
  'a line feed alone': ['Content-Length: 2\n\n{}', /begins with Content-Length/],
  'no length': ['Content-Type: x\r\n\r\n', /not with 'Content-Type: x'/],
  'a negative length': ['Content-Length: -1\r\n\r\n', /'Content-Length: -1'/],
  'no number': ['Content-Length: ten\r\n\r\n', /'Content-Length: ten'/],
  'a length twice': ['Content-Length: 1\r\nContent-Length: 2\r\n\r\n', /not with 'Content-Length: 1/],
  'an unknown header': ['Content-Length: 1\r\nX: 2\r\n\r\n', /not with 'Content-Length: 1/],
  'a body that is too long': [`Content-Length: ${256 * 1024 * 1024 + 1}\r\n\r\n`, /268435457 bytes is announced/],
  'a length beyond all numbers': [`Content-Length: ${'9'.repeat(400)}\r\n\r\n`, /is announced/],
  'an endless header': [`Content-Type: ${'x'.repeat(9000)}`, /longer than 8192 bytes/],
  'bytes that are no UTF-8': ['Content-Length: 2\r\n\r\n\u00ff\u00fe', /./],
};

it('PowerShell reads frames however they are sliced, and refuses broken ones', async () => {
  await using session = await ModuleSession.start();
  const inputs = [
    ...Object.values(good).map(({ chunks }) => chunks.map((chunk) => chunk.toString('base64'))),
    ...Object.values(bad).map(([bytes]) => [Buffer.from(bytes, 'latin1').toString('base64')]),
  ];
  const { results } = await session.run(`
    $results = & (Get-Module PortReservation) {
      foreach ($line in '${inputs.map((chunks) => chunks.join(' ')).join('\n')}'.Split("\`n")) {
        $reader = [FrameReader]::new()
        $bodies = [System.Collections.Generic.List[object]]::new()
        $failure = $null
        try {
          foreach ($chunk in $line.Split(' ')) {
            $bytes = [Convert]::FromBase64String($chunk)
            $stream = [System.IO.MemoryStream]::new($bytes)
            do {
              $count = $reader.Receive($stream).Result
              $reader.Take($count)
              while ($null -ne ($body = $reader.Next())) { $bodies.Add($body) }
            } while ($count -gt 0)
          }
        } catch { $failure = $_.Exception.GetBaseException().Message }
        @{ bodies = $bodies; failure = $failure }
      }
    }
    Report @{ results = $results }`);

  const names = [...Object.keys(good), ...Object.keys(bad)];
  const seen = Object.fromEntries(names.map((name, index) => [name, results[index]]));
  for (const [name, { bodies }] of Object.entries(good)) {
    expect(seen[name], name).toEqual({ bodies, failure: null });
  }
  for (const [name, [, says]] of Object.entries(bad)) {
    expect(seen[name], name).toEqual({ bodies: [], failure: expect.stringMatching(says) });
  }
});

it('what PowerShell sends has its length in bytes, also for other characters', async () => {
  await using session = await ModuleSession.start();
  const { sent } = await session.run(`
    class PlainJson { static [string] Write([hashtable] $value) { return '{"name":"' + $value.name + '"}' } }
    $sent = & (Get-Module PortReservation) {
      param([type] $json)
      $stream = [System.IO.MemoryStream]::new()
      $connection = [WorkerConnection]::new($stream, [System.IO.MemoryStream]::new(), [FrameReader]::new(), $json)
      $null = $connection.Request('reservation/list', @{ name = 'gr' + [char] 0xfc + [char] 0xdf + 'e' }, 0)
      [Convert]::ToBase64String($stream.ToArray())
    } ([PlainJson])
    Report @{ sent = $sent }`);
  const [header, body] = Buffer.from(sent, 'base64').toString('latin1').split('\r\n\r\n') as [string, string];
  expect(header).toBe(`Content-Length: ${body.length}`);
  expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toEqual({
    jsonrpc: '2.0',
    id: 1,
    method: 'reservation/list',
    params: { name: 'grüße' },
  });
});
