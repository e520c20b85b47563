import { spawnSync } from 'node:child_process';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { instructions, resources, tools } from '../../src/mcp/generated/contract.ts';

type Schema = { [key: string]: unknown };

/** Every schema in it, itself first; the names of properties are no keywords. */
function* schemasIn(schema: Schema): Generator<Schema> {
  yield schema;
  const { properties = {}, items, additionalProperties } = schema as Record<string, Schema>;
  for (const below of [...Object.values(properties), items, additionalProperties]) {
    if (typeof below === 'object' && below !== null) yield* schemasIn(below as Schema);
  }
}

describe.each(tools.map((tool) => [tool.name, tool] as const))('%s', (_, tool) => {
  const all = [tool.inputSchema, tool.outputSchema].flatMap((schema) => [...schemasIn(schema as Schema)]);

  test('has schemas that every client and model takes', () => {
    const keywords = new Set(all.flatMap(Object.keys));
    const plain = 'type properties required additionalProperties description default minimum maximum';
    const more = 'enum items minItems maxItems uniqueItems minLength maxLength pattern';
    for (const keyword of keywords) expect(`${plain} ${more}`.split(' ')).toContain(keyword);
    for (const schema of [tool.inputSchema, tool.outputSchema]) {
      expect(schema).toMatchObject({ type: 'object', additionalProperties: false });
      expect(() => new Ajv({ strict: true, allowUnionTypes: false }).compile(schema)).not.toThrow();
    }
  });

  test('has patterns that other languages take', () => {
    const patterns = all.flatMap(({ pattern }) => (typeof pattern === 'string' ? [pattern] : []));
    for (const pattern of patterns) {
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
      // Rust's have neither look-around nor references back.
      expect(pattern).not.toMatch(/\(\?|\\\d/);
      const python = spawnSync('python3', ['-c', 'import re, sys; re.compile(sys.argv[1])', pattern]);
      expect(python.error ?? python.status).toBe(0);
    }
  });

  test('stays on this machine, and says what it does', () => {
    expect(tool.annotations).toMatchObject({ openWorldHint: false, idempotentHint: true });
    expect(tool.description.length).toBeGreaterThan(100);
    const properties = all.flatMap(({ properties = {} }) => Object.keys(properties as object));
    expect(properties).not.toContain('token');
    expect(properties).not.toContain('remedy');
  });
});

test('the list is short', () => {
  const list = tools.map(({ outputSchema: _, ...tool }) => tool);
  expect(Buffer.byteLength(JSON.stringify(list))).toBeLessThanOrEqual(6 * 1024);
});

test('the words stop kills', () => {
  const [reserve, explain] = tools;
  expect(reserve.description).toMatch(/BEFORE you start/);
  expect(reserve.description).toMatch(/whoever names such a port gets in/);
  expect(explain.description).toMatch(/never end it, choose other ports/);
  expect(instructions).toMatch(/reserve_ports.*explain_ports.*never end a process.*If the user insists/);
  expect(resources.map(({ uri }) => uri)).toEqual([
    'ports://reservations',
    'ports://map/tcp.svg',
    'ports://map/udp.svg',
  ]);
});
