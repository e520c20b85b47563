import { describe } from 'vitest';
import { windowsSuites } from '../windows/suites.ts';
import { LiveWindows } from './live-windows.ts';

if (process.platform === 'win32') describe('this Windows', () => windowsSuites(new LiveWindows()));
else describe.skip('this Windows (skipped: this system is none)', () => {});
