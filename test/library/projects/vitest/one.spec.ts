import { test } from 'vitest';
import { useAll } from './ports.ts';

test('one uses all ports of its worker', () => useAll('one'));
