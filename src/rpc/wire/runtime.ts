import { RAL } from 'vscode-jsonrpc';

/**
 * What vscode-jsonrpc needs of its surroundings when reader and writer are ours: timers. Its own `vscode-jsonrpc/node`
 * would load sockets, pipes and crypto as well, which the worker's start would wait for.
 */
const timer = {
  setTimeout(callback: (...args: unknown[]) => void, milliseconds: number, ...args: unknown[]) {
    const handle = setTimeout(callback, milliseconds, ...args);
    return { dispose: () => clearTimeout(handle) };
  },
  setImmediate(callback: (...args: unknown[]) => void, ...args: unknown[]) {
    const handle = setImmediate(callback, ...args);
    return { dispose: () => clearImmediate(handle) };
  },
  setInterval(callback: (...args: unknown[]) => void, milliseconds: number, ...args: unknown[]) {
    const handle = setInterval(callback, milliseconds, ...args);
    return { dispose: () => clearInterval(handle) };
  },
};

RAL.install({ timer } as Parameters<typeof RAL.install>[0]);
