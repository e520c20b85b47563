/**
 * What to say where a part of the program could not be loaded, each of which is a file; undefined where that is a fault of
 * ours. Nothing else is imported here: it could not be loaded either.
 */
export function startError(
  error: NodeJS.ErrnoException & { url?: string },
): { what: string; hint: string } | undefined {
  if (error.code === 'EMFILE' || error.code === 'ENFILE') {
    const hint = 'Raise the limit (ulimit -n, or LimitNOFILE= of a systemd service), or end what has so many open.';
    return { what: 'Too many files are open.', hint };
  }
  if (error.code !== 'ERR_MODULE_NOT_FOUND') return undefined;
  const [, part = 'a file'] = /'([^']+)'/.exec(error.message) ?? [];
  const hint = 'Copy the program with all the folders beside it, or install it again.';
  return { what: `A part of the program is missing: ${part}.`, hint };
}
