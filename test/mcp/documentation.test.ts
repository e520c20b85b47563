import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { resources, tools } from '../../src/mcp/generated/contract.ts';

const page = (name: string) => readFileSync(join(import.meta.dirname, '../../docs', name), 'utf8');

test('docs/mcp.md has every tool with what it takes and gives, and every resource', () => {
  const rows = new Map(
    [...page('mcp.md').matchAll(/^\| `(\w+)` \| (.*) \| (.*) \|$/gm)].map(([row, name]) => [name, row]),
  );
  for (const { name, inputSchema, outputSchema } of tools) {
    for (const property of Object.keys({ ...inputSchema.properties, ...outputSchema.properties })) {
      if (name === 'explain_ports' && property === 'warnings') continue;
      expect(rows.get(name), property).toContain(`\`${property}\``);
    }
  }
  for (const { uri } of resources) expect(page('mcp.md')).toContain(`\`${uri}\``);
});

test('the settings of clients in docs/editors.md start the server', () => {
  const texts = [...page('editors.md').matchAll(/`(\{ "(?:servers|mcpServers|context_servers)".*?\})`/g)].map(
    ([, text]) => text!,
  );
  expect(texts.length).toBeGreaterThan(4);
  for (const text of texts) {
    const [servers] = Object.values(JSON.parse(text)) as Record<string, object>[];
    expect(servers).toEqual({ ports: { command: 'portreservation', args: ['mcp'] } });
  }
});
