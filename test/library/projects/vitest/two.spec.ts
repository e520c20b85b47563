import { test } from 'vitest';
import { useAll } from './ports.ts';

test('two uses all ports of its worker', () => useAll('two'));
