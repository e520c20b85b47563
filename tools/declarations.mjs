// Ships the declarations that the library's entry leads to. The compiler also writes those of the inside, which name
// packages that are not installed with ours.
import { cpSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const imports = /(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g;

export function copyDeclarations(source, target, entry = 'index.d.ts') {
  const known = new Set();
  const copy = (file) => {
    if (known.has(file)) return;
    known.add(file);
    cpSync(file, join(target, relative(source, file)));
    for (const [, path] of readFileSync(file, 'utf8').matchAll(imports)) {
      copy(join(dirname(file), path.replace(/\.ts$/, '.d.ts')));
    }
  };
  copy(join(source, entry));
}
