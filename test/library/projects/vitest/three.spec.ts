import { test } from 'vitest';
import { useAll } from './ports.ts';

test('three uses all ports of its worker', () => useAll('three'));
